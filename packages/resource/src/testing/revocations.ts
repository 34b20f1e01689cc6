// The revocation feed of the test issuer, in the form that the real one publishes.

import { revocationId } from '../revocation-list.ts'

const PAGE_LENGTH = 100
const KEPT_SECONDS = 86_400

interface Entry {
  readonly kind: 'grant' | 'client' | 'user'
  readonly id: string
  readonly issued_until: number
  readonly expires_at: number
}

export class TestRevocations {
  readonly #entries: Entry[] = []

  add(kind: Entry['kind'], subject: string): void {
    const nowSeconds = Math.floor(Date.now() / 1000)
    this.#entries.push({
      kind,
      id: revocationId(kind, subject),
      issued_until: nowSeconds,
      expires_at: nowSeconds + KEPT_SECONDS,
    })
  }

  hasGrant(grantId: string): boolean {
    const id = revocationId('grant', grantId)
    return this.#entries.some((entry) => entry.id === id)
  }

  pageAfter(sequence: number): object {
    const end = Math.min(sequence + PAGE_LENGTH, this.#entries.length)
    return {
      sequence: Math.max(end, sequence),
      more: end < this.#entries.length,
      revocations: this.#entries.slice(sequence, end),
    }
  }
}
