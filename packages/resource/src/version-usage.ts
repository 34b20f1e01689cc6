// Tells the issuer which app calls which version: counted in memory, sent in batches. A batch keeps its id until it
// has arrived, so that the issuer counts it once. Never delays or fails a request; what cannot be told is dropped.

import { randomUUID } from 'node:crypto'
import { type ApiCredentials, basicCredentials } from './api-credentials.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'

const FLUSH_AFTER_MILLISECONDS = 10_000
/** The issuer takes no more at once. */
const MAX_USES_PER_BATCH = 200
/** Apps times versions times days that wait to be told: about a megabyte. */
const MAX_WAITING = 10_000

interface Use {
  readonly client_id: string
  readonly version: string
  /** `2026-11-21`, UTC. */
  readonly day: string
  calls: number
}

interface Batch {
  readonly batch: string
  readonly uses: readonly Use[]
}

export class VersionUsage {
  readonly #settings: Settings
  readonly #issuer: Issuer
  readonly #credentials: ApiCredentials
  readonly #waiting = new Map<string, Use>()
  /** The batch that has not arrived yet, perhaps sent already. */
  #batch: Batch | undefined
  #sending: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: Settings, issuer: Issuer, credentials: ApiCredentials) {
    this.#settings = settings
    this.#issuer = issuer
    this.#credentials = credentials
  }

  count(clientId: string, version: string): void {
    if (this.#closed) return
    const day = new Date().toISOString().slice(0, 10)
    const key = `${day} ${version} ${clientId}`
    const use = this.#waiting.get(key)
    if (use) use.calls++
    else if (this.#waiting.size < MAX_WAITING) {
      this.#waiting.set(key, { client_id: clientId, version, day, calls: 1 })
    }
    this.#schedule()
  }

  /** Tells what is left, as far as the issuer can be reached now. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#sending
    await this.#send()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MILLISECONDS).unref()
  }

  #flush(): void {
    this.#sending = this.#send().finally(() => {
      this.#timer = undefined
      if (this.#batch || this.#waiting.size > 0) this.#schedule()
    })
  }

  /** Never throws: what did not arrive waits for the next time. */
  async #send(): Promise<void> {
    try {
      for (;;) {
        this.#batch ??= this.#nextBatch()
        if (!this.#batch) return
        await this.#post(this.#batch)
        this.#batch = undefined
      }
    } catch (error) {
      this.#settings.apiVersions.onError?.(error)
    }
  }

  #nextBatch(): Batch | undefined {
    const entries = [...this.#waiting.entries().take(MAX_USES_PER_BATCH)]
    for (const [key] of entries) this.#waiting.delete(key)
    if (entries.length === 0) return undefined
    return { batch: randomUUID(), uses: entries.map(([, use]) => use) }
  }

  /** @throws Error when it has to be sent again */
  async #post(batch: Batch): Promise<void> {
    const { versionUsageEndpoint: endpoint } = await this.#issuer.metadata()
    // An issuer that does not want to know is told nothing.
    if (!endpoint) return
    const response = await this.#settings.fetch(endpoint, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(this.#settings.timeoutSeconds * 1000),
      headers: {
        authorization: basicCredentials(this.#credentials),
        'content-type': 'application/json',
      },
      body: JSON.stringify(batch),
    })
    await response.body?.cancel()
    if (response.ok) return
    const error = new Error(`${endpoint} answered ${response.status}, expected 204`)
    if (response.status === 429 || response.status >= 500) throw error
    // It will be refused however often it is sent.
    this.#settings.apiVersions.onError?.(error)
  }
}
