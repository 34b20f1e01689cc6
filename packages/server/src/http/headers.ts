// The fixed headers of every answer, as tables: one for pages, one for everything else.

const NEVER_CACHED = { 'cache-control': 'no-store', pragma: 'no-cache' }

const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
}

/** For what a browser shows, not for what a program reads. */
const SHOWN = {
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
}

/** The page's own Content-Security-Policy comes with it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  ...SHOWN,
  ...NEVER_CACHED,
  'content-type': 'text/html; charset=utf-8',
  'cross-origin-resource-policy': 'same-origin',
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

export const ASSET_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  'cross-origin-resource-policy': 'same-origin',
}
