// A node of the server without its socket: the endpoints of one tenant over a store, called with the bodies of requests.

import { findContract } from '../../src/contracts/index.ts'
import { createPublishedVersions } from '../../src/endpoints/api-versions.ts'
import { listProtocolRoutes, type ProtocolDeps } from '../../src/endpoints/routes.ts'
import { createFollowers } from '../../src/feed/followers.ts'
import { createFeedNews } from '../../src/feed/news.ts'
import { createPlaces } from '../../src/feed/places.ts'
import { codeSealerOf } from '../../src/identity/access-identifiers.ts'
import { createGuessing, createSpentAllowances } from '../../src/identity/guessing.ts'
import { createIssuerKeys } from '../../src/identity/issuer-keys.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { Sealer } from '../../src/platform/seal.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import type { Endpoint, IncomingRequest, Log, Reply } from '../../src/protocol/message.ts'
import { NO_OBSERVER } from '../../src/protocol/observer.ts'
import { parseForm } from '../../src/protocol/params.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import type { Store } from '../../src/store/port.ts'
import { createKeyRing, type KeyDeps, signingKeySealer } from '../../src/tokens/keys.ts'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  readonly body: any
}

export interface Node {
  readonly deps: ProtocolDeps
  readonly keyDeps: KeyDeps
  post(path: string, fields: Readonly<Record<string, string>>, basic?: Credentials): Promise<Answer>
  postJson(path: string, json: object, basic?: Credentials): Promise<Answer>
  get(path: string, query: string): Promise<Answer>
}

export interface Credentials {
  readonly id: string
  readonly secret: string | undefined
}

export const SILENT: Log = { info: ignore, warn: ignore, error: ignore }

const NO_LIMITS = { signInsPerMinute: 1_000_000, clientsPerMinute: 1_000_000 }

export interface NodeParts {
  readonly tenant: Tenant
  readonly store: Store
  readonly clock: Clock
  readonly sealer: Sealer
}

const NO_PLACES = createPlaces({ ofSource: 0, inAll: 0 })

export function createNode({ tenant, store, clock, sealer }: NodeParts): Node {
  const contract = findContract(tenant.contract)
  if (contract === undefined) throw new Error(`there is no contract called ${tenant.contract}`)
  const keyDeps = { tenant, store, clock, sealer: signingKeySealer(sealer, tenant) }
  const guessing = { store, clock, sealer: sealer.for('guessing'), limits: NO_LIMITS }
  const spent = createSpentAllowances({ store, clock })
  const deps: ProtocolDeps = {
    ...{ tenant, contract, store, clock, sealer },
    codeSealer: codeSealerOf(sealer, tenant),
    keys: createKeyRing(keyDeps),
    guesses: createGuessing({ ...guessing, spent, tenant: tenant.name }),
    // No app here has an allowance, so there is no use to be stored.
    uses: { add: ignore, close: async () => undefined },
    // Nothing is held here: a sequence of steps decides what is read when.
    heldFeed: {
      news: createFeedNews({ store }),
      places: NO_PLACES,
      placesOfApis: NO_PLACES,
      followers: createFollowers({ store, clock }),
    },
    observer: NO_OBSERVER.forTenant(tenant),
    issuerKeys: createIssuerKeys({ tenant, clock }),
    apiVersions: createPublishedVersions({ tenant, store, clock }),
  }
  const routes = listProtocolRoutes(deps)
  const endpointAt = (method: 'GET' | 'POST', path: string) =>
    routes.find((route) => route.path === path && route.methods.includes(method))?.endpoint
  return {
    deps,
    keyDeps,
    post: (path, fields, basic) =>
      ask(endpointAt('POST', path), {
        method: 'POST',
        text: new URLSearchParams(fields).toString(),
        authorization: basicOf(basic),
      }),
    postJson: (path, json, basic) =>
      ask(endpointAt('POST', path), {
        ...{ method: 'POST', text: '', json, authorization: basicOf(basic) },
      }),
    get: (path, query) => ask(endpointAt('GET', path), { method: 'GET', text: query }),
  }
}

function basicOf(credentials: Credentials | undefined): string | undefined {
  return credentials && `Basic ${btoa(`${credentials.id}:${credentials.secret}`)}`
}

interface Question {
  readonly method: 'GET' | 'POST'
  readonly text: string
  readonly json?: object
  readonly authorization?: string | undefined
}

async function ask(endpoint: Endpoint | undefined, question: Question): Promise<Answer> {
  if (endpoint === undefined) return { status: 404, body: undefined }
  try {
    const reply = await endpoint(requestOf(question))
    return readAnswer(reply.kind === 'held' ? await reply.answer() : reply)
  } catch (error) {
    // What http/failures.ts does for a real one; everything else is a fault, and ends the test.
    if (!(error instanceof OAuthError)) throw error
    return { status: error.status, body: { error: error.code, reason: error.reason } }
  }
}

function readAnswer(reply: Reply): Answer {
  if (reply.kind === 'document') return { status: 200, body: JSON.parse(reply.text) }
  if (reply.kind !== 'json') throw new Error(`an answer of kind ${reply.kind}`)
  // As the wire would give it: without what is undefined.
  return { status: reply.status, body: JSON.parse(JSON.stringify(reply.body)) }
}

function requestOf({ method, text, json, authorization }: Question): IncomingRequest {
  return {
    ...{ method, authorization, params: parseForm(text), pathParams: {}, inUrl: false },
    ...{ json, origin: undefined, cookies: {}, acceptLanguage: undefined },
    ...{ address: '192.0.2.1', source: '192.0.2.1', userAgent: undefined },
    ...{ id: 'request-1', log: SILENT },
  }
}

function ignore(): void {
  // Nobody listens.
}
