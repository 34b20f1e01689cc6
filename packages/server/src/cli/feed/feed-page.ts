// A page of an issuer's feed of revocations, as it is kept, and reading it from the issuer.

const TIMEOUT_MS = 10_000
/** The only one that is known: what another says cannot be guessed. */
const FORMAT = 2

export interface FeedPage {
  readonly epoch: string
  /** Of the last line of the page. */
  readonly sequence: number
  /** The last number that the feed had given out. */
  readonly lastSequence: number
  readonly revocations: readonly { readonly kind: string; readonly id: string }[]
}

/** Lets the issuer wait until there is news. */
export interface Hold {
  readonly waitSeconds: number
  /** Nobody waits any more. */
  readonly ended: AbortSignal
}

/** RFC 8414 §3.1, RFC 8414 §3.3. @throws Error that says what is wrong with the answer */
export async function findFeed(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const url = `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
  const metadata = await fetchJson(url)
  if (metadata.issuer !== issuer) {
    throw new Error(
      `${url} is the metadata of ${JSON.stringify(metadata.issuer)}, not of ${issuer}`,
    )
  }
  const { revocation_feed_endpoint: feed } = metadata
  if (typeof feed !== 'string') throw new Error(`${issuer} has no revocation_feed_endpoint`)
  return feed
}

/** @throws Error that says what is wrong with the answer */
export async function readFeedPage(
  feed: string,
  after: number,
  hold?: Hold,
): Promise<{ readonly page: FeedPage; readonly more: boolean }> {
  const url = new URL(feed)
  url.searchParams.set('after', String(after))
  if (hold) url.searchParams.set('wait', String(hold.waitSeconds))
  const { format, epoch, sequence, last_sequence, more, revocations } = await fetchJson(
    url.href,
    hold,
  )
  if (format !== FORMAT) {
    throw new Error(
      `${feed} has format ${JSON.stringify(format)}, and this version reads ${FORMAT}`,
    )
  }
  const page = { epoch, sequence, lastSequence: last_sequence, revocations }
  if (!isFeedPage(page)) throw new Error(`${feed} answers with something else than a feed`)
  return { page, more: more === true }
}

export function isFeedPage(page: unknown): page is FeedPage {
  if (typeof page !== 'object' || page === null) return false
  const { epoch, sequence, lastSequence, revocations } = page as Record<string, unknown>
  return (
    typeof epoch === 'string' &&
    isCount(sequence) &&
    isCount(lastSequence) &&
    Array.isArray(revocations) &&
    revocations.every(isRevocation)
  )
}

function isRevocation(line: unknown): boolean {
  if (typeof line !== 'object' || line === null) return false
  const { kind, id } = line as Record<string, unknown>
  return typeof kind === 'string' && typeof id === 'string'
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0

async function fetchJson(url: string, hold?: Hold): Promise<Record<string, unknown>> {
  const overtime = AbortSignal.timeout(TIMEOUT_MS + (hold?.waitSeconds ?? 0) * 1000)
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: hold ? AbortSignal.any([overtime, hold.ended]) : overtime,
  })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  const document: unknown = await response.json()
  if (typeof document !== 'object' || document === null) throw new Error(`${url} is no JSON object`)
  return { ...document }
}
