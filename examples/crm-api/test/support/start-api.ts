// The API in memory, mounted as the demo mounts it, with a client that sends a token and reads JSON.

import { createTestIssuer, type MintOptions, type TestIssuer } from '@ostiary/resource/testing'
import { type FastifyInstance, fastify, type InjectOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import { type ApiOptions, registerApi, registerMetadata } from '../../src/plugin.ts'
import { scopes } from '../../src/scopes.ts'

const audience = 'https://crm.test/api/v1'

const ORGANISATIONS = [
  { id: 'acme', units: [{ id: 'north' }, { id: 'south' }] },
  { id: 'globex', units: [{ id: 'main' }] },
]

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the API answers
  readonly body: any
}

export type Call = (
  method: NonNullable<InjectOptions['method']>,
  path: string,
  body?: object,
) => Promise<Answer>

export interface ApiUnderTest {
  readonly app: FastifyInstance
  readonly issuer: TestIssuer
  /** Calls with a token that has all scopes, unless told otherwise. */
  callAs(options?: MintOptions): Promise<Call>
}

export async function startApi(options: Partial<ApiOptions> = {}): Promise<ApiUnderTest> {
  const issuer = createTestIssuer({ audience, contract: options.contract ?? 'standard' })
  const app = fastify()
  await app.register(registerMetadata, issuer.guardOptions)
  await app.register(registerApi, {
    prefix: '/api/v1',
    ...issuer.guardOptions,
    ...issuer.guardOptions.introspection,
    databasePath: ':memory:',
    organisations: ORGANISATIONS,
    ...options,
  })
  onTestFinished(() => app.close())
  return {
    app,
    issuer,
    async callAs(minted) {
      const allScopes = scopes.map(({ name }) => name)
      const token = await issuer.mint({ scopes: allScopes, organisationId: 'acme', ...minted })
      return (method, path, body) => call(app, token, { method, path, body })
    },
  }
}

async function call(
  app: FastifyInstance,
  token: string,
  request: { method: NonNullable<InjectOptions['method']>; path: string; body: object | undefined },
): Promise<Answer> {
  const response = await app.inject({
    method: request.method,
    url: `/api/v1${request.path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(request.body && { payload: request.body }),
  })
  const { statusCode, headers, payload } = response
  return { status: statusCode, headers, body: payload === '' ? undefined : response.json() }
}
