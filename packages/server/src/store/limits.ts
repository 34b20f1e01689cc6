// Bounds of what is kept and listed, which both databases and all callers share.

/** Live grants that a user has given one app, for one organisation. One more ends the oldest. */
export const MOST_GRANTS = 100

/** Organisations that one user belongs to: every authorization reads them. */
export const MOST_MEMBERSHIPS = 200

/** What is read of a list at once: so little that nobody waits for it. More is read part by part. */
export const MOST_LISTED = 200

/** Events that strangers bring about in the trail of one tenant, in a quarter of an hour. More are counted, and told as one. */
export const MOST_STRANGERS_EVENTS = 100
export const STRANGERS_EVENTS_WINDOW_SECONDS = 15 * 60

/** Followers of the feed of one tenant that answers wait for. */
export const MOST_FOLLOWERS = 64

/** Secrets of an app that have not expired: enough to change them without a gap. */
export const MOST_LIVE_SECRETS = 5
