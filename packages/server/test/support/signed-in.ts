// The browsers of those who have signed in at a server before. Most tests are about what comes after, and a password
// is made to be slow: each person signs in once, by the page, and takes the cookies along in a browser like that one.

import { TestBrowser } from './browser.ts'

const BROWSERS = new WeakMap<object, Map<string, TestBrowser>>()

interface Person {
  readonly user?: string
  readonly password?: string | undefined
}

/** A browser of its own, as it was after the person came to the app; a new one when that is still to come. */
export function browserOfSignedIn(server: object, person: Person): TestBrowser {
  return copyOf(BROWSERS.get(server)?.get(keyOf(person)) ?? new TestBrowser())
}

export function keepSignedIn(server: object, person: Person, browser: TestBrowser): void {
  const browsers = BROWSERS.get(server) ?? new Map<string, TestBrowser>()
  BROWSERS.set(server, browsers.set(keyOf(person), copyOf(browser)))
}

function keyOf({ user, password }: Person): string {
  return JSON.stringify([user, password])
}

function copyOf(browser: TestBrowser): TestBrowser {
  const copy = new TestBrowser()
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
  return copy
}
