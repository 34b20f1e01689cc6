// What ends while tokens are fetched by it leaves none behind that an API would take: an API that verifies them itself
// and is asked all the while, for each way to a token that there is.

import { setTimeout } from 'node:timers/promises'
import { type ContractName, createGuard, type Guard } from '@ostiary/resource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAuthenticationCode,
  linkIdentity,
  removeAccessIdentifier,
} from '../../src/operations/access-identifiers.ts'
import {
  createApplicationKey,
  deleteApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import type { NewClient } from '../../src/operations/client-input.ts'
import { disableClient } from '../../src/operations/clients.ts'
import {
  addTrustedIssuer,
  removeTrustedIssuer,
  suspendTrustedIssuer,
} from '../../src/operations/trusted-issuers.ts'
import { disableUser } from '../../src/operations/users.ts'
import { newId } from '../../src/platform/random.ts'
import { defaultAudience } from '../../src/protocol/tenant.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { clockAhead, issueWhileEnding, type Racer } from '../support/ending-race.ts'
import {
  IDENTITY_AUDIENCE,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../support/identity-system.ts'
import { basicKey, codeBody, exchange, introspect, jwtBody } from '../support/key-exchange.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { type Fields, newPkce, postForm, TestApp } from '../support/test-app.ts'
import type { TestClient } from '../support/world.ts'

const ROUNDS = 3
const NO_PKCE = { code_challenge: undefined, code_challenge_method: undefined }
const NEVER_LIMITED = { failedClientAuthenticationsPerMinute: 100_000 }

interface World {
  readonly server: TestServer
  /** Issues, with a clock that is ahead. */
  readonly node: SecondNode
  readonly guard: Guard
}

async function openWorld(kind: (typeof STORES)[number], contract?: ContractName): Promise<World> {
  const server = await startTestServer(kind, {
    rateLimits: NEVER_LIMITED,
    ...(contract && { contract }),
  })
  const node = await server.startSecondNode({ clock: clockAhead(server.clock) })
  const { id, secret } = server.apps.apiServer
  const guard = createGuard({
    issuer: server.issuer,
    audience: defaultAudience(server.tenant),
    ...{ contract: contract ?? 'standard', descriptions: false, onRefusal: () => undefined },
    introspection: { clientId: id, clientSecret: secret ?? '' },
  })
  return { server, node, guard }
}

async function closeWorld(world: World | undefined): Promise<void> {
  world?.guard.close()
  await world?.node.close()
  await world?.server.stop()
}

const takes = async (guard: Guard, token: string) =>
  (await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)).ok

/** Asks about everything that was given, for as long as it is given. */
async function raceAtApi({ server, guard }: World, racer: Racer): Promise<void> {
  const given: string[] = []
  const refused = new Set<string>()
  const revived = new Set<string>()
  let taken = 0
  let isOver = false
  const look = async (token: string) => {
    if (!(await takes(guard, token))) refused.add(token)
    else if (refused.has(token)) revived.add(token)
    else taken += 1
  }
  const asking = (async () => {
    for (let turn = 0; !isOver; turn += 1) {
      // The last ones are those that the ending is most likely to miss.
      const token = given.at(-1 - (turn % 20))
      if (token !== undefined) await look(token)
      await setTimeout(0)
    }
  })()
  const tokens = await issueWhileEnding({
    ...racer,
    async issue() {
      const token = await racer.issue()
      if (token !== undefined) given.push(token)
      return token
    },
    async end() {
      // Before, the API would have refused them for other reasons, or not been asked at all.
      while (taken === 0) await setTimeout(1)
      await racer.end()
    },
  })
  isOver = true
  await asking
  await guard.catchUp()
  for (const token of tokens) await look(token)
  const live = await filterAsync(tokens, (token) => takes(guard, token))
  const active = await filterAsync(
    tokens,
    async (token) => (await introspect(server, token)).active,
  )
  expect({ live, active, revived: [...revived] }).toEqual({ live: [], active: [], revived: [] })
}

async function filterAsync<T>(all: readonly T[], test: (one: T) => Promise<boolean>): Promise<T[]> {
  const answers = await Promise.all(all.map(test))
  return all.filter((_, index) => answers[index])
}

/** An app as it calls the second node, and as its users come by: the pages are at the issuer's own address. */
async function arrange({ server, node }: World, change: Partial<NewClient>) {
  const name = `raced-${newId().slice(0, 8)}`
  const client = await registerApp(server.context, {
    name,
    type: 'confidential',
    redirectUris: ['https://raced.example/callback'],
    defaultScopes: change.scopes,
    ...change,
  })
  const app = new TestApp({ issuer: node.url, paths: server.paths }, client)
  return { client, app, home: new TestApp(server, client) }
}

/** A user who has signed in and allowed the app: from then on it is answered without a page. */
async function signIn(
  app: TestApp,
  { user, fields }: { user: string; fields: Fields },
): Promise<TestBrowser> {
  const browser = new TestBrowser()
  const first = await browser.openAndFollow(app.authorizeUrl(fields))
  await app.answerPages(browser, first, { user, organisation: 'acme' })
  return browser
}

async function redeemSilently(app: TestApp, browser: TestBrowser): Promise<string | undefined> {
  const { verifier, challenge } = newPkce()
  const fields = { code_challenge: challenge, prompt: 'none' }
  const { location = '' } = await browser.open(app.authorizeUrl(fields))
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : null
  return code === null ? undefined : (await app.redeem(code, verifier)).body.access_token
}

describe.each(STORES)('security H6: at an API, on %s', (kind) => {
  describe('standard', () => {
    let world: World
    beforeAll(async () => {
      world = await openWorld(kind)
    })
    afterAll(() => closeWorld(world))

    const machine = async (): Promise<TestClient> =>
      registerApp(world.server.context, {
        name: `machine-${newId().slice(0, 8)}`,
        type: 'confidential',
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
      })

    it('client credentials end with their app', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const client = await machine()
        const app = new TestApp({ issuer: world.node.url }, client)
        await raceAtApi(world, {
          issue: async () =>
            (await app.token({ grant_type: 'client_credentials' })).body.access_token,
          end: () => disableClient({ clientId: client.id }, world.server.context),
        })
      }
    })

    it('codes, and what is refreshed, end with their app', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { client, app, home } = await arrange(world, { scopes: ['contacts:read'] })
        const first = await home.obtainCode()
        let { refresh_token: latest } = (await app.redeem(first.code, first.verifier)).body
        await raceAtApi(world, {
          async issue() {
            if (Math.random() < 0.5) {
              const { body } = await app.refresh(latest)
              latest = body.refresh_token ?? latest
              return body.access_token
            }
            return redeemSilently(app, first.browser)
          },
          end: () => disableClient({ clientId: client.id }, world.server.context),
        })
      }
    })

    it.each([
      ['suspended', suspendApplicationKey],
      ['deleted', deleteApplicationKey],
    ])('application keys that are %s', async (_what, end) => {
      const { server, node } = world
      const input = { organisationId: 'acme', name: 'raced' }
      const { key, record } = await createApplicationKey(input, server.context)
      const fields = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ostiary:params:oauth:token-type:application-key',
        subject_token: key,
      }
      await raceAtApi(world, {
        issue: async () => (await postForm(`${node.url}/token`, fields)).body.access_token,
        end: () => end({ keyId: record.id }, server.context),
      })
    })
  })

  describe('mister-james', () => {
    let world: World
    beforeAll(async () => {
      world = await openWorld(kind, 'mister-james')
    })
    afterAll(() => closeWorld(world))

    it.each(['the app', 'the user'])('implicit tokens end with %s', async (what) => {
      const { server } = world
      const endsAtSeconds = server.clock.nowSeconds() + 30 * 86_400
      const { client, app, home } = await arrange(world, {
        type: 'public',
        grantTypes: ['authorization_code', 'refresh_token', 'implicit'],
        scopes: ['read'],
        allowances: [{ name: 'implicit', owner: 'team', reason: 'no server', endsAtSeconds }],
      })
      const fields = { response_type: 'token', scope: 'read', ...NO_PKCE }
      const user = what === 'the user' ? 'bob' : 'ada'
      const browser = await signIn(home, { user, fields })
      await raceAtApi(world, {
        async issue() {
          const { location = '' } = await browser.open(app.authorizeUrl(fields))
          return new URLSearchParams(location.split('#')[1]).get('access_token') ?? undefined
        },
        end: () =>
          what === 'the user'
            ? disableUser({ username: 'bob' }, server.context)
            : disableClient({ clientId: client.id }, server.context),
      })
    })
  })

  describe('crm-com', () => {
    let world: World
    let key: string
    beforeAll(async () => {
      world = await openWorld(kind, 'crm-com')
      key = await newKey()
    })
    afterAll(() => closeWorld(world))

    const newKey = async () =>
      (await createApplicationKey({ organisationId: 'acme', name: 'k' }, world.server.context)).key
    const exchangeAtNode = async (body: string, headers = {}) => {
      const answer = await exchange({ issuer: world.node.url }, body, headers)
      return answer.body?.data?.token as string | undefined
    }

    it('what a code of a consumer gave ends with the code', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { context } = world.server
        const { code, identifier } = await addAuthenticationCode({ username: 'ada' }, context)
        await raceAtApi(world, {
          issue: () => exchangeAtNode(codeBody(code), basicKey(key)),
          end: () => removeAccessIdentifier({ identifierId: identifier.id }, context),
        })
      }
    })

    it('and with the user', async () => {
      const { context } = world.server
      const { code } = await addAuthenticationCode({ username: 'bob' }, context)
      await raceAtApi(world, {
        issue: () => exchangeAtNode(codeBody(code), basicKey(key)),
        end: () => disableUser({ username: 'bob' }, context),
      })
    })

    it.each([
      ['suspended', suspendTrustedIssuer],
      ['removed', removeTrustedIssuer],
    ])('what JWTs of an issuer gave ends when it is %s', async (what, end) => {
      const { context, clock } = world.server
      const issuer = `https://${what}.example`
      const signer = await newIdentityKey('k1')
      const pinnedKeys = jwksOf([signer])
      await addTrustedIssuer(
        { name: what, issuer, audience: IDENTITY_AUDIENCE, pinnedKeys },
        context,
      )
      await linkIdentity({ username: 'ada', issuer, subject: 'ada' }, context)
      const claims = { iss: issuer, sub: 'ada', exp: clock.nowSeconds() + 300 }
      const jwt = await signIdentity(signer, claims)
      await raceAtApi(world, {
        issue: () => exchangeAtNode(jwtBody(jwt)),
        end: () => end({ issuer }, context),
      })
    })
  })
})
