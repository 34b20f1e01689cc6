// What is known of the tokens of a world from the outside: whom they are of, what became of them, and what was said.

import type { Settings } from './moves.ts'

/** Whom a token is of. What is ended names one of them, and with it all that has it. */
export interface Owner {
  /** An app, the application key or the trusted issuer. */
  readonly client: string
  readonly user: string | undefined
  /** What stood for the user, where something did. */
  readonly identifier?: string | undefined
  /** Each authorization is one, and so is each token that an app fetches for itself. */
  readonly grant: number
}

export interface Code {
  readonly text: string
  readonly owner: Owner
  hasEnded: boolean
}

/** A JWT of the trusted issuer that was good once. */
export interface UsedJwt {
  readonly text: string
  readonly by: string
}

export interface Token {
  readonly name: string
  readonly kind: 'access' | 'refresh'
  readonly text: string
  readonly owner: Owner
  readonly contract: Settings['contract']
  /** By the clock of the node that gave it. */
  readonly issuedAtSeconds: number
  /** As introspection said when it called it active; undefined before that. */
  expiresAtSeconds: number | undefined
  /** Whether a clock ever said so: then it says nothing any more that it is inactive. */
  hasExpired: boolean
  /** Why it can never be active again. */
  inactive: string | undefined
  /** Whether the API has read the feed since. */
  isToldToApi: boolean
  /** When it was spent, by the clock of the node that took it. */
  spentAtSeconds: number | undefined
  /** What it was spent for: given again to whoever asks again at once. */
  successor: string | undefined
}

export interface Known {
  readonly tokens: Token[]
  readonly codes: Code[]
  readonly spentCodes: Code[]
  readonly usedJwts: UsedJwt[]
  /** Users and apps, where a yes was taken back and none was given since. */
  readonly takenBack: Set<string>
  /** Whoever has ended and does not come back: what a node gives for it in ignorance is void. */
  readonly ended: Set<string>
  /** Access tokens issued until then are void, because the database was restored. */
  voidUntilSeconds: number
  grants: number
}

export function createKnown(): Known {
  return {
    ...{ tokens: [], codes: [], spentCodes: [], usedJwts: [], takenBack: new Set() },
    ...{ ended: new Set(), voidUntilSeconds: 0, grants: 0 },
  }
}

export function endAll(known: Known, why: string, isMeant: (owner: Owner) => boolean): void {
  for (const code of known.codes) if (isMeant(code.owner)) code.hasEnded = true
  for (const token of known.tokens) if (isMeant(token.owner)) end(token, why)
}

/** As `takenBack` has it. */
export function yesOf(user: string, client: string): string {
  return JSON.stringify([user, client])
}

export function end(token: Token, why: string): void {
  token.inactive ??= why
}
