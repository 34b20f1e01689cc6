// What the cookies of a test server are called: those of two servers on one machine must not be taken for each other.

import { TENANT } from './world.ts'

/** @param name such as `session`, or the beginning of one */
export function cookieName(issuer: string, name: string): string {
  const { port } = new URL(issuer)
  return `__Host-ostiary-${TENANT}${port && `.${port}`}-${name}`
}
