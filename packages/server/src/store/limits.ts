// Bounds of what is kept and listed, which both databases and all callers share.

/** Live grants that a user has given one app, for one organisation. One more ends the oldest. */
export const MOST_GRANTS = 100
