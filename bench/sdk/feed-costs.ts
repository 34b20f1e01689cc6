// What a long feed of revocations costs an API: to read it when the process starts, with each token, and with each
// reading that brings no news.

import { createHash } from 'node:crypto'
import { AccessToken } from '../../packages/resource/src/access-token.ts'
import { parseFeedPage } from '../../packages/resource/src/feed-page.ts'
import { RevocationList } from '../../packages/resource/src/revocation-list.ts'

const LINES = 500_000
const PAGE_LENGTH = 1000
const TOKENS = 10_000
const READINGS = 256
const NOW_SECONDS = 1_800_000_000

export interface FeedCosts {
  /** Microseconds for each line that a starting process takes in. */
  readonly feedLine: number
  /** For each token that was seen before. */
  readonly feedLook: number
  /** For each reading without news. */
  readonly feedReading: number
}

export function measureFeed(): FeedCosts {
  const list = new RevocationList()
  let feedLine = 0
  for (let from = 0; from < LINES; from += PAGE_LENGTH) {
    const text = JSON.stringify(newPage(from))
    feedLine += timeOf(() => {
      for (const line of parseFeedPage(JSON.parse(text)).lines) list.add(line, NOW_SECONDS)
    })
  }
  const tokens = Array.from({ length: TOKENS }, (_, index) => newToken(index))
  const lookAtAll = () => {
    for (const token of tokens) if (list.covers(token)) throw new Error('nobody revoked this')
  }
  lookAtAll()
  const feedLook = timeOf(lookAtAll)
  const feedReading = timeOf(() => {
    for (let count = 0; count < READINGS; count += 1) list.dropExpired(NOW_SECONDS)
  })
  return {
    feedLine: feedLine / LINES,
    feedLook: feedLook / TOKENS,
    feedReading: feedReading / READINGS,
  }
}

function newPage(from: number): object {
  const revocations = Array.from({ length: PAGE_LENGTH }, (_, index) => ({
    kind: 'grant',
    id: createHash('sha256')
      .update(`grant:${from + index}`)
      .digest('base64url'),
    issued_until: 253_402_300_799,
    expires_at: NOW_SECONDS + 86_400,
  }))
  const sequence = from + PAGE_LENGTH
  return { format: 2, epoch: 'e', sequence, last_sequence: LINES, more: true, revocations }
}

function newToken(index: number): AccessToken {
  return new AccessToken({
    subject: `user-${index}`,
    clientId: 'client',
    scopes: [],
    organisationId: undefined,
    unitId: undefined,
    grantId: `not-${index}`,
    audience: [],
    issuedAtSeconds: NOW_SECONDS,
    expiresAtSeconds: NOW_SECONDS + 3600,
    authTimeSeconds: undefined,
    claims: {},
    feedSubjects: [`client:tag-${index % 50}`, `user:tag-${index}`, `grant:not-${index}`],
  })
}

/** @returns microseconds */
function timeOf(action: () => void): number {
  const beginning = performance.now()
  action()
  return (performance.now() - beginning) * 1000
}
