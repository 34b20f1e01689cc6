// A feed of revocations by hand, in place of that of a test issuer.

import { createHash } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { createGuard, type GuardOptions } from '../../src/index.ts'
import { createTestIssuer, type TestIssuer } from '../../src/testing.ts'

function feedOf(issuer: TestIssuer, answer: (url: URL) => Response): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input))
    return url.pathname === '/revocations' ? answer(url) : await issuer.fetch(input, init)
  }
}

/** A line as issuers write it. */
export function feedLine(kind: string, subject: string, issuedUntilSeconds = 0) {
  return {
    kind,
    id: createHash('sha256').update(`${kind}:${subject}`).digest('base64url'),
    issued_until: issuedUntilSeconds,
    expires_at: Math.floor(Date.now() / 1000) + 86_400,
  }
}

/** A guard of an issuer whose feed is this. */
export async function guardOfFeed(feed: (url: URL) => Response, options: GuardOptions = {}) {
  const issuer = createTestIssuer()
  const guard = createGuard({ ...issuer.guardOptions, fetch: feedOf(issuer, feed), ...options })
  onTestFinished(() => guard.close())
  return { issuer, guard, token: await issuer.mint() }
}
