// The browsers in which people stay signed in at a server. Most tests are about what comes after the sign-in, and a
// password is made to be slow.

import { TestBrowser } from './browser.ts'

interface Person {
  readonly user?: string
  readonly password?: string | undefined
}

const BROWSERS = new Map<string, TestBrowser>()

export function usualBrowser(issuer: string, { user, password }: Person): TestBrowser {
  const key = JSON.stringify([issuer, user, password])
  const browser = BROWSERS.get(key) ?? new TestBrowser()
  BROWSERS.set(key, browser)
  return browser
}
