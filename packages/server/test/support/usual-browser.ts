// The browsers in which people stay signed in at a server. Most tests are about what comes after the sign-in, and a
// password is made to be slow.

import { TestBrowser } from './browser.ts'

interface Person {
  readonly user?: string
  readonly password?: string | undefined
}

const BROWSERS = new WeakMap<object, Map<string, TestBrowser>>()

/** @param server whatever stands for it, the same each time */
export function usualBrowser(server: object, { user, password }: Person): TestBrowser {
  const browsers = BROWSERS.get(server) ?? new Map<string, TestBrowser>()
  BROWSERS.set(server, browsers)
  const person = JSON.stringify([user, password])
  const browser = browsers.get(person) ?? new TestBrowser()
  browsers.set(person, browser)
  return browser
}
