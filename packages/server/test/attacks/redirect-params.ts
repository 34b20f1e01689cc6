// Reads the answer that a redirect carries to an app.

import type { BrowserPage } from '../support/browser.ts'

/** What came with a redirect, in its query or fragment. */
export function paramsOf({ location }: BrowserPage): URLSearchParams {
  if (location === undefined) return new URLSearchParams()
  const { searchParams, hash } = new URL(location)
  return hash.length > 1 ? new URLSearchParams(hash.slice(1)) : searchParams
}
