// Reading JSON from the issuer: bounded in time and size, no redirects, no storm on a server in trouble.

import { type Instant, millisecondsSince, takeInstant } from './elapsed.ts'
import { explain } from './explain.ts'

const MAX_BYTES = 4 * 1024 * 1024
const HOLD_OFF_MILLISECONDS = 1000

export type FetchSettings = { readonly fetch: typeof fetch; readonly timeoutSeconds: number }

interface Fetched {
  readonly document: unknown
  /** What the clock of the issuer said (RFC 9110 §6.6.1). */
  readonly dateSeconds: number | undefined
}

/** It was reached, and said something else than yes. */
export class StatusError extends Error {
  readonly status: number

  constructor(url: string, status: number) {
    super(`${url} answered ${status}, expected 200`)
    this.status = status
  }
}

/** JSON of a 200 answer. @throws Error that names the URL and what is wrong with its answer */
export async function fetchJson(
  settings: FetchSettings,
  url: string,
  init: RequestInit = {},
): Promise<unknown> {
  return (await fetchDocument(settings, url, init)).document
}

/** @throws Error that names the URL and what is wrong with its answer */
export async function fetchDocument(
  settings: FetchSettings,
  url: string,
  init: RequestInit = {},
): Promise<Fetched> {
  const response = await reach(settings, url, init)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new StatusError(url, response.status)
  }
  const text = await readText(response, url)
  const date = Date.parse(response.headers.get('date') ?? '')
  const dateSeconds = Number.isNaN(date) ? undefined : date / 1000
  try {
    return { document: JSON.parse(text), dateSeconds }
  } catch {
    // What went wrong would quote the answer, and an answer may hold secrets.
    throw new Error(`${url} did not answer with JSON`)
  }
}

async function reach(settings: FetchSettings, url: string, init: RequestInit): Promise<Response> {
  try {
    return await settings.fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(settings.timeoutSeconds * 1000),
      ...init,
      headers: { accept: 'application/json', ...init.headers },
    })
  } catch (cause) {
    // "fetch failed" alone, as many logs show it, tells nobody what to mend.
    throw new Error(`${url} cannot be reached: ${explain(cause)}`, { cause })
  }
}

async function readText(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** After a failure, callers get the same failure for a second instead of another try. */
export function holdOff<Arguments extends unknown[], Result>(
  action: (...args: Arguments) => Promise<Result>,
): (...args: Arguments) => Promise<Result> {
  let failure: { readonly error: unknown; readonly at: Instant } | undefined
  return async (...args) => {
    if (failure && millisecondsSince(failure.at) < HOLD_OFF_MILLISECONDS) throw failure.error
    try {
      const result = await action(...args)
      failure = undefined
      return result
    } catch (error) {
      failure = { error, at: takeInstant() }
      throw error
    }
  }
}

/** Runs once, shared by all callers; a failure is forgotten, so that the next call tries again. */
export function once<Result>(action: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined
  return () => {
    result ??= action().catch((error: unknown) => {
      result = undefined
      throw error
    })
    return result
  }
}

/** Callers that come while it runs wait for the same run. */
export function shareWhileRunning<Result>(action: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined
  return () => {
    running ??= action().finally(() => {
      running = undefined
    })
    return running
  }
}
