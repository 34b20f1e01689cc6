// Owns every reason for which a page of ours is shown in place of what was asked for, with its status. What the page
// says of it, to the person and to the developer of the app, is in the catalogues of `ui`.

export const PAGE_REASONS = {
  // RFC 6749 §4.1.2.1: not told to the app, since there is no redirect URI to be trusted.
  client_id_missing: { status: 400 },
  client_unknown: { status: 400 },
  redirect_uri_missing: { status: 400 },
  redirect_uri_mismatch: { status: 400 },
  redirect_uri_insecure: { status: 400 },
  request_malformed: { status: 400 },

  // A form of ours that is not answered by who it was shown to, or not now
  interaction_invalid: { status: 403 },
  interaction_of_other_browser: { status: 403 },
  already_decided: { status: 403 },
  cross_site_post: { status: 403 },
  form_outdated: { status: 403 },

  not_found: { status: 404 },
  app_not_yours: { status: 403 },
  method_not_allowed: { status: 405 },

  too_many_requests: { status: 429 },
  temporarily_unavailable: { status: 503 },
  unexpected: { status: 500 },
} as const satisfies Record<string, { status: number }>

export type PageErrorReason = keyof typeof PAGE_REASONS
