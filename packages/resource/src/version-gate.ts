// Decides which version of the API a request gets and notes which app used it. What the adapters of `versioned` are
// built on. Knows no HTTP framework.

import {
  chooseApiVersion,
  exposedVersionHeaders,
  type VersionChoice,
} from './api-version-choice.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'
import { createPublishedVersions } from './published-versions.ts'
import type { Refusal } from './refusal.ts'
import { VersionUsage } from './version-usage.ts'

/** Outcome for one request. The headers belong on every answer to it, whatever that will be. */
export type VersionVerdict = VersionHeaders &
  (
    | { readonly ok: true; readonly version: string; readonly refusal?: never }
    | { readonly ok: false; readonly version?: never; readonly refusal: Refusal }
  )

interface VersionHeaders {
  /** To be set. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** To be added to what these headers list already. */
  readonly lists: Readonly<Record<string, string>>
}

export interface VersionGate {
  /** The request header that names a version, in lower case. */
  readonly header: string
  /** `request` stands for the call: when the guard lets it in, one use of the version is counted. */
  choose(requested: string | undefined, request: object): Promise<VersionVerdict>
}

/** The side of the gate that the guard sees. */
export interface VersionRecorder {
  /** A request of this app was let in. */
  recordUse(request: unknown, clientId: string | undefined): void
  close(): Promise<void>
}

export function createVersionGate(
  settings: Settings,
  issuer: Issuer,
): VersionGate & VersionRecorder {
  const { header, onError } = settings.apiVersions
  const published = createPublishedVersions(settings, issuer)
  const usage = createUsage(settings, issuer)
  const served = new WeakMap<object, string>()
  const lists = { vary: header, 'access-control-expose-headers': exposedVersionHeaders(header) }

  async function decide(requested: string | undefined): Promise<VersionVerdict> {
    try {
      return { lists, ...toVerdict(chooseApiVersion(await published(), { requested, header })) }
    } catch (error) {
      onError?.(error)
      return { ok: false, refusal: UNAVAILABLE, headers: {}, lists }
    }
  }

  return {
    header: header.toLowerCase(),
    async choose(requested, request) {
      const verdict = await decide(requested)
      if (verdict.ok) served.set(request, verdict.version)
      return verdict
    },
    recordUse(request, clientId) {
      if (typeof request !== 'object' || request === null) return
      const version = served.get(request)
      if (version === undefined) return
      // A request that is checked twice is still one call.
      served.delete(request)
      if (clientId !== undefined) usage?.count(clientId, version)
    },
    async close() {
      await usage?.close()
    },
  }
}

const UNAVAILABLE: Refusal = {
  status: 503,
  headers: { 'cache-control': 'no-store', 'retry-after': '1' },
  body: {
    error: 'temporarily_unavailable',
    error_description: 'The versions of this API cannot be looked up right now.',
  },
}

function createUsage(settings: Settings, issuer: Issuer): VersionUsage | undefined {
  const { introspection, apiVersions } = settings
  if (!introspection || !apiVersions.reportUse) return undefined
  return new VersionUsage(settings, issuer, introspection)
}

function toVerdict(choice: VersionChoice) {
  const { version, headers } = choice
  if (version !== undefined) return { ok: true, version, headers } as const
  const refusal: Refusal = {
    status: 400,
    headers: { 'cache-control': 'no-store' },
    body: choice.refusal,
  }
  return { ok: false, headers, refusal } as const
}

/** The headers of an answer, in whatever form a framework has them. */
export interface AnswerHeaders {
  get(name: string): unknown
  set(name: string, value: string): unknown
}

export function writeVersionHeaders(verdict: VersionVerdict, answer: AnswerHeaders): void {
  for (const [name, value] of Object.entries(verdict.headers)) answer.set(name, value)
  for (const [name, value] of Object.entries(verdict.lists)) {
    const others = [answer.get(name) ?? []].flat()
    answer.set(name, [...others, value].join(', '))
  }
}
