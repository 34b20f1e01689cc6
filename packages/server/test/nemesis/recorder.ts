// Makes calls, and writes down what came of them. What an answer means for what was presented is decided here, once.

import type { Answer } from '../support/test-app.ts'
import { type Call, digest, type Given, type History, type Rules } from './history.ts'

/** What a caller is about to do. */
export interface Intent
  extends Pick<Call, 'caller' | 'server' | 'operation' | 'user' | 'client' | 'restores'> {
  /** As it is; the history gets its digest. */
  readonly uses?: string | undefined
}

/** What a caller was told, with the secrets themselves. */
export interface Told {
  readonly outcome: Call['outcome']
  readonly status: number
  readonly code?: string
  readonly session?: string
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly lifetimeSeconds?: number
}

export class Recorder {
  readonly rules: Rules
  #calls: Call[] = []
  #count = 0

  constructor(rules: Rules) {
    this.rules = rules
  }

  /** How many calls there were. */
  get count(): number {
    return this.#count
  }

  get history(): History {
    return { rules: this.rules, calls: this.#calls }
  }

  /** @returns what was written down so far, and goes on with a clean page. */
  take(): History {
    const { history } = this
    this.#calls = []
    return history
  }

  async record(intent: Intent, ask: () => Promise<Told>): Promise<Told> {
    const startMs = performance.now()
    // Whatever broke on the way, nobody knows what came of it.
    const told = await ask().catch((): Told => ({ outcome: 'unknown', status: 0 }))
    const { uses, ...rest } = intent
    this.#count += 1
    this.#calls.push({
      ...rest,
      ...(uses !== undefined && { uses: digest(uses) }),
      startMs,
      endMs: performance.now(),
      outcome: told.outcome,
      status: told.status,
      ...(told.outcome === 'ok' && { gives: digestsOf(told) }),
    })
    return told
  }
}

function digestsOf({ code, session, accessToken, refreshToken, lifetimeSeconds }: Told): Given {
  return {
    ...(code !== undefined && { code: digest(code) }),
    ...(session !== undefined && { session: digest(session) }),
    ...(accessToken !== undefined && { accessToken: digest(accessToken) }),
    ...(refreshToken !== undefined && { refreshToken: digest(refreshToken) }),
    ...(lifetimeSeconds !== undefined && { lifetimeMs: lifetimeSeconds * 1000 }),
  }
}

/** Answers that leave open whether anything was done: too many, too busy, broken. */
export function outcomeOf(status: number): Call['outcome'] {
  if (status >= 200 && status < 400) return 'ok'
  return status >= 500 || status === 429 || status === 408 ? 'unknown' : 'refused'
}

/** Reads an answer of the token endpoint. */
export function readTokens({ status, body }: Answer): Told {
  const outcome = outcomeOf(status)
  if (outcome !== 'ok') return { outcome, status }
  return {
    outcome,
    status,
    accessToken: body.access_token,
    lifetimeSeconds: body.expires_in,
    ...(body.refresh_token !== undefined && { refreshToken: body.refresh_token }),
  }
}

/** Inactive is a refusal of the token (RFC 7662 §2.2). */
export function readIntrospection({ status, body }: Answer): Told {
  const outcome = outcomeOf(status)
  return { outcome: outcome === 'ok' && !body.active ? 'refused' : outcome, status }
}

export function readEnd({ status }: { readonly status: number }): Told {
  return { outcome: outcomeOf(status), status }
}
