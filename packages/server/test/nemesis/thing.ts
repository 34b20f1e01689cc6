// What a history is about: what was handed out, and what ended it.

import type { Call } from './history.ts'

/** Something that was handed out. */
export interface Thing {
  readonly id: string
  readonly kind: 'code' | 'access token' | 'refresh token' | 'session'
  /** The first call that gave it; a retry may have given it again. */
  readonly givenBy: Call
  /** The code or, without one, the token that began its grant. */
  readonly grant: string
}

export interface Ending {
  readonly call: Call
  /** Whether somebody was told that it has ended. */
  readonly acknowledged: boolean
}
