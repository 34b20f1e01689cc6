// What RFC 9700 forbids and a contract may allow: off in `standard`, on for single apps until a date, counted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { disallowLegacy } from '../../src/operations/allowances.ts'
import type { NewClient } from '../../src/operations/client-input.ts'
import { ALLOWANCE_NAMES, type Allowance } from '../../src/protocol/allowance.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { latestEvents } from '../support/latest-events.ts'
import { problemsOf } from '../support/operation-context.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { newPkce, TestApp } from '../support/test-app.ts'
import { FORM, post } from '../support/vendor-client.ts'
import { PASSWORD, TENANT, type TestClient, WEB_APP } from '../support/world.ts'

const DAY = 86_400
/** A parameter without a value counts as left out (RFC 6749 §3.1). */
const WITHOUT_PKCE = { code_challenge: '', code_challenge_method: '' }
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const HTTP_CALLBACK = 'http://app.example/callback'
const PRIVATE_CALLBACK = 'myapp://callback'
const MANY_CALLBACKS = Array.from({ length: 500 }, (_, at) => `https://c${at}.example/callback`)

/** What an app is told for its request; `lifetime` when it got an access token. */
interface Outcome {
  readonly error?: string | undefined
  readonly description?: string | undefined
  readonly lifetime?: number | undefined
}

interface Case {
  readonly contract: string
  readonly app: Partial<NewClient>
  /** Uses it once, up to the first answer that would show a refusal. */
  use(server: TestServer, app: TestClient): Promise<Outcome>
  readonly works: Outcome
  /** Once it has ended or is switched off. */
  readonly refused: Outcome
  /** Once it is switched off, where that is told otherwise. */
  readonly absent?: Outcome
}

const REFUSED = { error: 'unauthorized_client' }

const CASES: Readonly<Record<Allowance, Case>> = {
  implicit: {
    contract: 'mister-james',
    app: { type: 'public', grantTypes: ['implicit'] },
    use: (server, app) => authorize(server, app, { response_type: 'token' }),
    works: { lifetime: 3600 },
    refused: REFUSED,
  },
  password: {
    contract: 'json-api',
    app: { party: 'first', redirectUris: [], grantTypes: ['password'] },
    use: async (server, app) =>
      outcomeOf(await postForm(server, { ...passwordFields(app), grant_type: 'password' })),
    works: { lifetime: 7200 },
    refused: REFUSED,
  },
  'pkce-plain': {
    contract: 'versioned',
    app: {},
    use: (server, app) =>
      authorize(server, app, {
        code_challenge: newPkce().verifier,
        code_challenge_method: 'plain',
      }),
    works: {},
    refused: REFUSED,
  },
  'without-pkce': {
    contract: 'standard',
    app: {},
    use: (server, app) => authorize(server, app, WITHOUT_PKCE),
    works: {},
    refused: REFUSED,
    // It is an app that does not use PKCE, like any other.
    absent: { error: 'invalid_request' },
  },
  'public-without-pkce': {
    contract: 'json-api',
    app: { type: 'public' },
    use: (server, app) => authorize(server, app, WITHOUT_PKCE),
    works: {},
    refused: REFUSED,
    // It is an app that does not use PKCE, like any other.
    absent: { error: 'invalid_request' },
  },
  'query-parameters': {
    contract: 'financial-cents',
    app: { type: 'confidential' },
    async use(server, app) {
      const { code, verifier } = await new TestApp(server, app).obtainCode()
      const query = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: app.redirectUri,
        code_verifier: verifier,
        client_id: app.id,
        client_secret: app.secret ?? '',
      })
      return outcomeOf(await post(`${server.issuer}${server.paths.token}?${query}`, '', {}))
    },
    works: { lifetime: 3600 },
    refused: REFUSED,
  },
  'http-redirect-uri': {
    contract: 'financial-cents',
    app: { redirectUris: [HTTP_CALLBACK] },
    use: (server, app) => authorize(server, app),
    works: {},
    // Not even an error goes there: the page of ours tells the developer.
    refused: { error: 'redirect_uri_insecure' },
  },
  'private-scheme': {
    contract: 'standard',
    app: { redirectUris: [PRIVATE_CALLBACK] },
    use: (server, app) => authorize(server, app),
    works: {},
    refused: { error: 'redirect_uri_insecure' },
  },
  'many-redirect-uris': {
    contract: 'standard',
    app: { redirectUris: MANY_CALLBACKS },
    use: (server, app) => authorize(server, { ...app, redirectUri: MANY_CALLBACKS.at(-1) ?? '' }),
    works: {},
    refused: REFUSED,
  },
  'long-access-token': {
    contract: 'json-api',
    app: {},
    use: async (server, app) => {
      const { expires_in } = await new TestApp(server, app).obtainTokens()
      return { lifetime: expires_in }
    },
    works: { lifetime: 7200 },
    refused: { lifetime: 3600 },
  },
}

async function authorize(
  server: TestServer,
  client: TestClient,
  fields: Record<string, string> = {},
): Promise<Outcome> {
  const app = new TestApp(server, client)
  const browser = new TestBrowser()
  const first = await browser.openAndFollow(app.authorizeUrl(fields))
  const last = await app.answerPages(browser, first)
  if (last.location === undefined) {
    return { error: last.root.querySelector('details code')?.text, description: last.text }
  }
  const { search, hash } = new URL(last.location)
  const params = new URLSearchParams(search || hash.slice(1))
  const { error, error_description: description, expires_in } = Object.fromEntries(params)
  if (error !== undefined) return { error, description }
  return expires_in === undefined ? {} : { lifetime: Number(expires_in) }
}

const passwordFields = ({ id, secret = '' }: TestClient) => ({
  client_id: id,
  client_secret: secret,
  username: 'ada',
  password: PASSWORD,
})

const postForm = (server: TestServer, fields: Record<string, string>) =>
  post(server.issuer + server.paths.token, new URLSearchParams(fields).toString(), FORM)

function outcomeOf({ body }: Awaited<ReturnType<typeof post>>): Outcome {
  if (body.error === undefined) return { lifetime: body.expires_in }
  return { error: body.error, description: body.error_description }
}

it('there is a case for each allowance', () => {
  expect(Object.keys(CASES).toSorted()).toEqual(ALLOWANCE_NAMES.toSorted())
})

describe.each(STORES)('legacy allowances on %s', (kind) => {
  describe('in standard', () => {
    let server: TestServer

    beforeAll(async () => {
      server = await startTestServer(kind)
    })
    afterAll(() => server?.stop())

    it('RFC 9700 §2.1.2: the implicit grant is refused', async () => {
      expect(await authorize(server, WEB_APP, { response_type: 'token' })).toMatchObject({
        error: 'unsupported_response_type',
      })
    })

    it('RFC 9700 §2.4: the password grant is refused', async () => {
      const fields = { ...passwordFields(WEB_APP), grant_type: 'password' }
      expect(outcomeOf(await postForm(server, fields))).toMatchObject({
        error: 'unsupported_grant_type',
      })
    })

    it('RFC 9700 §2.1.1: PKCE with plain is refused, named or not', async () => {
      for (const code_challenge_method of ['plain', '']) {
        const fields = { code_challenge: VERIFIER, code_challenge_method }
        expect(await authorize(server, WEB_APP, fields)).toMatchObject({ error: 'invalid_request' })
      }
    })

    it('RFC 6749 §2.3.1: parameters of a POST in its URL are refused', async () => {
      const query = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: WEB_APP.id,
        client_secret: WEB_APP.secret ?? '',
      })
      const answer = await post(`${server.issuer}/token?${query}`, '', {})
      expect([answer.status, answer.body]).toEqual([
        400,
        {
          error: 'invalid_request',
          error_description: 'Send the parameters of a POST in its body, not in the URL.',
        },
      ])
    })

    it('RFC 9700 §2.6: http redirect URIs are neither registered nor gone to', async () => {
      const app = { name: 'App', type: 'confidential', redirectUris: [HTTP_CALLBACK] } as const
      expect(await problemsOf(registerApp(server.context, app))).toHaveLength(1)
      // One that is registered all the same, since before the contract changed.
      const found = await server.store.findClient(TENANT, asClientId(WEB_APP.id))
      if (!found) throw new Error('the web app is gone')
      const changed = { ...found.client, redirectUris: [HTTP_CALLBACK] }
      await server.store.updateClient(found.client, changed)
      const outcome = await authorize(server, { ...WEB_APP, redirectUri: HTTP_CALLBACK })
      expect(outcome.error).toBe('redirect_uri_insecure')
      await server.store.updateClient(changed, found.client)
    })

    it('many-redirect-uris: the first fifty need no allowance, and the rest of them all of it', async () => {
      const app = await registerApp(server.context, {
        ...{ name: 'Many', type: 'confidential', scopes: ['contacts:read'] },
        redirectUris: MANY_CALLBACKS,
        allowances: [
          {
            ...{ name: 'many-redirect-uris', owner: 'me', reason: 'old' },
            endsAtSeconds: endIn(server, 100),
          },
        ],
      })
      const outcomes = () =>
        Promise.all(
          [49, 50].map((at) =>
            authorize(server, { ...app, redirectUri: MANY_CALLBACKS[at] ?? '' }),
          ),
        )
      expect(await outcomes()).toEqual([{}, {}])
      await server.clock.ahead(100, async () => {
        expect(await outcomes()).toEqual([{}, expect.objectContaining(REFUSED)])
      })
    })

    it('access tokens live for an hour at most, and nobody can configure another', async () => {
      expect(await new TestApp(server, WEB_APP).obtainTokens()).toMatchObject({ expires_in: 3600 })
      const policy = { accessToken: { lifetimeSeconds: 3601 } }
      await expect(startTestServer(kind, { policy })).rejects.toThrow('longer than an hour')
    })

    it('no app is given any of them, but what its library or its registration elsewhere demands', async () => {
      const declared = ['without-pkce', 'private-scheme', 'many-redirect-uris']
      for (const name of ALLOWANCE_NAMES) {
        if (declared.includes(name)) continue
        const allowance = { name, owner: 'me', reason: 'old', endsAtSeconds: endIn(server, DAY) }
        const app = { name: 'App', type: 'confidential', redirectUris: ['https://a.example/'] }
        const registered = registerApp(server.context, {
          ...(app as NewClient),
          allowances: [allowance],
        })
        expect(await problemsOf(registered)).toContainEqual({
          field: 'allowance',
          problem: `"${name}" is no legacy allowance of contract standard: it has ${declared.join(', ')}`,
        })
      }
    })
  })

  const endIn = ({ clock }: TestServer, seconds: number) => clock.nowSeconds() + seconds

  describe.each(Object.entries(CASES))('%s', (name, given) => {
    const { contract, app, use, works, refused, absent = refused } = given
    let server: TestServer
    const allowance = name as Allowance

    beforeAll(async () => {
      server = await startTestServer(kind, { contract })
    })
    afterAll(() => server?.stop())

    const register = (endsAtSeconds: number) =>
      registerApp(server.context, {
        name: 'Legacy',
        type: 'confidential',
        redirectUris: ['https://app.example/callback'],
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
        allowances: [{ name: allowance, owner: 'integrations', reason: 'old app', endsAtSeconds }],
        ...app,
      })
    const usesOf = async ({ id }: TestClient, fromDay = '2000-01-01') => {
      const of = { tenant: TENANT, clientId: asClientId(id), fromDay }
      const uses = await server.store.listAllowanceUses(of)
      return uses.filter((each) => each.allowance === allowance)
    }
    const auditOf = async ({ id }: TestClient) => {
      const events = await latestEvents(server.store, TENANT, 1000)
      return events.filter(({ actor }) => actor === `client:${id}`)
    }
    const today = () => new Date(server.clock.nowSeconds() * 1000).toISOString().slice(0, 10)

    it('works where it is declared and given, and is counted by app and day', async () => {
      const [first, second] = [
        await register(endIn(server, 30 * DAY)),
        await register(endIn(server, 30 * DAY)),
      ]
      expect(await use(server, first)).toEqual(works)
      const firstDay = today()
      expect(await use(server, first)).toEqual(works)
      expect(await use(server, second)).toEqual(works)
      server.clock.advance(DAY)
      expect(await use(server, first)).toEqual(works)
      const secondDay = today()
      server.clock.advance(30 * DAY)
      expect(await use(server, second)).toMatchObject(refused)
      await expect
        .poll(() => usesOf(first), { timeout: 10_000 })
        .toEqual([{ allowance, lastDay: secondDay, uses: 3 }])
      expect(await usesOf(first, secondDay)).toEqual([{ allowance, lastDay: secondDay, uses: 1 }])
      expect(await usesOf(second)).toEqual([{ allowance, lastDay: firstDay, uses: 1 }])
    })

    it('is refused after its end with a clear error, and the audit trail says so once a day', async () => {
      const client = await register(endIn(server, 100))
      server.clock.advance(99)
      expect(await use(server, client)).toEqual(works)
      server.clock.advance(1)
      for (let time = 0; time < 3; time += 1) {
        const outcome = await use(server, client)
        expect(outcome).toMatchObject(refused)
        if (refused.error === 'unauthorized_client') {
          expect(outcome.description).toContain(
            `The permission of the client for this legacy feature has ended. (${allowance})`,
          )
        }
      }
      const ended = (await auditOf(client)).filter(
        ({ action }) => action === 'legacy_allowance.ended',
      )
      expect(ended).toHaveLength(1)
      expect(ended[0]).toMatchObject({
        target: `allowance:${allowance}`,
        requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
      })
    })

    it('is refused at once when it is switched off', async () => {
      const client = await register(endIn(server, 30 * DAY))
      expect(await use(server, client)).toEqual(works)
      await disallowLegacy({ clientId: client.id, allowance }, server.context)
      expect(await use(server, client)).toMatchObject(absent)
      expect(await auditOf(client)).toEqual([])
    })
  })
})
