// A browser in which somebody is signed in at a server, and has allowed nothing yet: errors are told to apps only when
// the user has signed in (RFC 9700 §4.11.2).

import { AccountHolder } from './account-holder.ts'
import type { TestBrowser } from './browser.ts'
import type { TestServer } from './start-server.ts'

/** By issuer: a password is made to be slow. */
const BROWSERS = new Map<string, Promise<TestBrowser>>()

export function signedInBrowser(server: Pick<TestServer, 'issuer'>): Promise<TestBrowser> {
  const known = BROWSERS.get(server.issuer)
  if (known) return known
  const signedIn = AccountHolder.signedIn(server, 'ada').then(({ browser }) => browser)
  BROWSERS.set(server.issuer, signedIn)
  return signedIn
}
