// The fixed headers of every answer, as tables: one for pages, one for everything else.

const NEVER_CACHED = { 'cache-control': 'no-store', pragma: 'no-cache' }

const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
}

/** The page's own Content-Security-Policy comes with it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...NEVER_CACHED,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'content-type': 'text/html; charset=utf-8',
  'cross-origin-resource-policy': 'same-origin',
}

/**
 * Of an authorization request: the window may be one that the app has opened and waits for. Any other policy on the way
 * to the callback would cut it off from its opener for good.
 */
export const POPUP_PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...PAGE_HEADERS,
  'cross-origin-opener-policy': 'unsafe-none',
}

/**
 * Of an issuer on plain http in a network: browsers do not say there that a form comes from our own page, but by `Origin`,
 * and that is `null` for a page that sends no referrer. Other origins get none of either.
 */
export const PLAIN_HTTP_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'referrer-policy': 'same-origin',
}

/** A browser shows nothing of a redirect, and every header takes room from its address in the buffer of a proxy. */
export const REDIRECT_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...NEVER_CACHED,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

export const JSON_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...NEVER_CACHED,
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** For answers that other origins may read. */
export const SHARED_HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-resource-policy': 'cross-origin',
}

export const DOCUMENT_HEADERS: Readonly<Record<string, string>> = {
  ...JSON_HEADERS,
  ...SHARED_HEADERS,
}

export const ASSET_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  'cross-origin-resource-policy': 'same-origin',
}
