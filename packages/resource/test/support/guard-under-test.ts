// A guard that trusts a fresh test issuer, closed when the test ends.

import { onTestFinished } from 'vitest'
import { createGuard, type Guard, type GuardOptions, type TokenError } from '../../src/index.ts'
import type { Requirements } from '../../src/requirements.ts'
import { createTestIssuer, parseChallenge, type TestIssuer } from '../../src/testing.ts'

export interface GuardUnderTest {
  readonly issuer: TestIssuer
  readonly guard: Guard
  /** What the guard says to a token in the Authorization header. */
  ask(token: string, requirements?: Requirements<Request>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly error: TokenError | undefined
  /** Parameters of the challenge; empty when there is none. */
  readonly challenge: Readonly<Record<string, string>>
}

export function newGuardUnderTest(options: GuardOptions = {}): GuardUnderTest {
  const issuer = createTestIssuer({ contract: options.contract ?? 'standard' })
  const guard = createGuard({ ...issuer.guardOptions, ...options })
  onTestFinished(() => guard.close())
  // As an API that serves its metadata does.
  guard.metadata()
  return {
    issuer,
    guard,
    ask: (token, requirements) => send(guard, requestWith(`Bearer ${token}`), requirements),
  }
}

export function requestWith(authorization: string | undefined, url = 'https://api.test/contacts') {
  return new Request(url, { headers: authorization === undefined ? {} : { authorization } })
}

export async function send(
  guard: Guard,
  request: Request,
  requirements?: Requirements<Request>,
): Promise<Answer> {
  const verdict = await guard.verify(request, requirements)
  if (verdict.ok) return { status: 200, error: undefined, challenge: {} }
  const header = verdict.response.headers.get('www-authenticate')
  return {
    status: verdict.response.status,
    error: verdict.error,
    challenge: header ? parseChallenge(header).parameters : {},
  }
}
