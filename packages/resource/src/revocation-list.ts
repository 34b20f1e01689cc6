// The revocations in force, as a compact table, and the form in which the issuer's feed tells them.
// The feed names subjects by hash: it is public, and nobody can read from it who they are.

import { hash } from 'node:crypto'
import type { AccessToken } from './access-token.ts'
import { isObject } from './documents.ts'

interface Revocation {
  readonly kind: 'grant' | 'client' | 'user'
  /** base64url(sha256(`${kind}:${subject}`)) */
  readonly id: string
  readonly issuedUntilSeconds: number
  readonly expiresAtSeconds: number
}

export interface FeedPage {
  /** Where the next page starts. */
  readonly sequence: number
  readonly more: boolean
  readonly revocations: readonly Revocation[]
}

type Entry = Pick<Revocation, 'issuedUntilSeconds' | 'expiresAtSeconds'>

export class RevocationList {
  readonly #entries = new Map<string, Entry>()
  /** Hashing is done once per token, not once per request. */
  readonly #idsOfToken = new WeakMap<AccessToken, readonly string[]>()

  get size(): number {
    return this.#entries.size
  }

  add(revocation: Revocation): void {
    const former = this.#entries.get(revocation.id)
    // A grant ends with everything it gave, whenever it was issued.
    const issuedUntilSeconds =
      revocation.kind === 'grant' ? Number.POSITIVE_INFINITY : revocation.issuedUntilSeconds
    this.#entries.set(revocation.id, {
      issuedUntilSeconds: Math.max(issuedUntilSeconds, former?.issuedUntilSeconds ?? 0),
      expiresAtSeconds: Math.max(revocation.expiresAtSeconds, former?.expiresAtSeconds ?? 0),
    })
  }

  covers(token: AccessToken): boolean {
    if (this.#entries.size === 0) return false
    return this.#subjectsOf(token).some((id) => {
      const entry = this.#entries.get(id)
      return entry !== undefined && entry.issuedUntilSeconds >= token.issuedAtSeconds
    })
  }

  /** Forgets revocations whose last token has expired by itself. */
  dropExpired(nowSeconds: number): void {
    for (const [id, { expiresAtSeconds }] of this.#entries) {
      if (expiresAtSeconds <= nowSeconds) this.#entries.delete(id)
    }
  }

  #subjectsOf(token: AccessToken): readonly string[] {
    let ids = this.#idsOfToken.get(token)
    if (!ids) {
      const subjects = [
        ['client', token.clientId],
        ['grant', token.grantId],
        ['user', token.userId],
      ] as const
      ids = subjects.flatMap(([kind, id]) => (id === undefined ? [] : [revocationId(kind, id)]))
      this.#idsOfToken.set(token, ids)
    }
    return ids
  }
}

export function revocationId(kind: Revocation['kind'], subject: string): string {
  return hash('sha256', `${kind}:${subject}`, 'base64url')
}

/** @throws Error that names what is malformed */
export function parseFeedPage(document: unknown): FeedPage {
  if (!isObject(document)) throw new Error('The revocation feed is not a JSON object')
  const { sequence, more, revocations } = document
  if (!isCount(sequence)) throw new Error('The revocation feed has no sequence number')
  if (!Array.isArray(revocations)) throw new Error('The revocation feed has no list')
  return {
    sequence,
    more: more === true,
    revocations: revocations.flatMap(parseRevocation),
  }
}

function parseRevocation(entry: unknown): readonly Revocation[] {
  if (!isObject(entry)) throw new Error('The revocation feed has an entry that is no object')
  const { kind, id, issued_until: issuedUntil, expires_at: expiresAt } = entry
  // A kind that a later version of the issuer knows concerns none of our tokens' fields.
  if (kind !== 'grant' && kind !== 'client' && kind !== 'user') return []
  if (typeof id !== 'string' || !isCount(issuedUntil) || !isCount(expiresAt)) {
    throw new Error(`The revocation feed has a malformed entry of kind ${kind}`)
  }
  return [{ kind, id, issuedUntilSeconds: issuedUntil, expiresAtSeconds: expiresAt }]
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
