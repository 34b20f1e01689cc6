// A cookie that tells one browser from others before anyone has signed in (RFC 9700 §4.7). Tabs that a browser without it
// opens together are given one each, under names of their own: it keeps them all, and is known by any of them.

import { sha256 } from '../platform/hash.ts'
import { newId } from '../platform/random.ts'
import type { CookieChange, IncomingRequest } from '../protocol/message.ts'

/** More tabs than people open at a time. Each costs a hash when a form comes back. */
const MAX_COOKIES = 20

export function identifyBrowser(incoming: IncomingRequest): {
  browser: string
  cookies: readonly CookieChange[]
} {
  const [known] = listNames(incoming.cookies.browser)
  if (known !== undefined) return { browser: known, cookies: [] }
  const browser = newId()
  return { browser, cookies: [{ name: 'browser', value: browser, maxAgeSeconds: undefined }] }
}

/** @param hash of what identified the browser when a page was given to it */
export function isSameBrowser(
  hash: string,
  { cookies }: Pick<IncomingRequest, 'cookies'>,
): boolean {
  return listNames(cookies.browser).some((name) => sha256(name) === hash)
}

/** Of several cookies the values come in one text. */
function listNames(cookie: string | undefined): readonly string[] {
  return (cookie ?? '').split('.', MAX_COOKIES).filter((name) => name !== '')
}
