// Exchanges of application keys and identity JWTs by many callers at once, on SQLite against one process, on PostgreSQL
// against two: none is used twice, and none outruns the end of what it was opened with.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAuthenticationCode,
  addIdentifier,
  type CodeContext,
  linkIdentity,
  removeAccessIdentifier,
} from '../../src/operations/access-identifiers.ts'
import {
  createApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import { addTrustedIssuer, suspendTrustedIssuer } from '../../src/operations/trusted-issuers.ts'
import { createUser, disableUser } from '../../src/operations/users.ts'
import { newId } from '../../src/platform/random.ts'
import { findFreePort } from '../support/free-port.ts'
import {
  IDENTITY_AUDIENCE,
  type IdentityKey,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../support/identity-system.ts'
import {
  basicKey,
  codeBody,
  exchange,
  introspect,
  jwtBody,
  passCodeBody,
  tokenIn,
} from '../support/key-exchange.ts'
import { createDatabase } from '../support/postgres.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { STORES } from '../support/start-server.ts'
import type { VendorAnswer } from '../support/vendor-client.ts'
import { PASSWORD } from '../support/world.ts'

const CALLERS = 16
const FREE_TRIES = 10
/** Of all callers without a key together, in an hour. */
const STRANGERS_TRIES = 100
const JWT_LIFETIME_SECONDS = 300

/** A way to ask for tokens, and what ends it. */
interface Opening {
  ask(at: { issuer: string }): Promise<VendorAnswer>
  end(): Promise<void>
  /** What they hear who ask after that: one of these. */
  readonly refusals: readonly string[]
}

describe.each(STORES)('racing key exchanges on %s', (kind) => {
  let deployment: Deployment
  let processes: readonly ServerProcess[]
  let context: ClientContext & CodeContext
  let issuerKey: IdentityKey

  beforeAll(async () => {
    const database = kind === 'sqlite' ? kind : { url: await createDatabase() }
    // So many wrong tries in a row would be held back before they race.
    const rateLimits = { failedClientAuthenticationsPerMinute: 1_000_000 }
    const policy = { codeWithoutKey: true }
    deployment = await createDeployment(database, { contract: 'crm-com', policy, rateLimits })
    context = await deployment.openContext()
    issuerKey = await newIdentityKey('k1')
    const first = await startProcess(deployment)
    const others = kind === 'sqlite' ? [] : [await startProcess(deployment, await findFreePort())]
    processes = [first, ...others]
  })
  afterAll(async () => {
    await Promise.all(processes?.map((process) => process.stop()) ?? [])
    await context?.store.close()
    await deployment?.remove()
  })

  /** Runs the call so many times at once, spread over the processes. */
  function race(times: number, call: (at: { issuer: string }) => Promise<VendorAnswer>) {
    const turns = Array.from({ length: times }, (_, turn) => processes[turn % processes.length])
    return Promise.all(turns.map((process) => call({ issuer: process?.url ?? '' })))
  }

  const newKey = () => createApplicationKey({ organisationId: 'acme', name: newId() }, context)

  /** An identity system that vouches for bob. */
  async function trustNewIssuer() {
    const issuer = `https://identity.example/${newId()}`
    const pinnedKeys = jwksOf([issuerKey])
    const input = { name: 'Identity', issuer, audience: IDENTITY_AUDIENCE, pinnedKeys }
    await addTrustedIssuer(input, context)
    await linkIdentity({ username: 'bob', issuer, subject: 'bob' }, context)
    const newJwt = () => {
      const exp = context.clock.nowSeconds() + JWT_LIFETIME_SECONDS
      return signIdentity(issuerKey, { iss: issuer, sub: 'bob', exp, jti: newId() })
    }
    return { issuer, newJwt }
  }

  const isActive = async (token: string) => (await introspect(deployment, token)).active

  it('B17: of 50 parallel exchanges of one identity JWT exactly one gets a token', async () => {
    const { newJwt } = await trustNewIssuer()
    for (let round = 0; round < 5; round += 1) {
      const jwt = await newJwt()
      const answers = await race(50, (at) => exchange(at, jwtBody(jwt)))
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      const lost = answers.filter(({ body }) => body.status.code === 'INVALID_CREDENTIALS')
      expect(lost).toHaveLength(49)
      // A replay proves nothing about whoever came first: their token lives on.
      expect(await Promise.all(won.map((answer) => isActive(tokenIn(answer))))).toEqual([true])
    }
  })

  const openings: Readonly<Record<string, () => Promise<Opening>>> = {
    async 'the key is suspended'() {
      const { key, record } = await newKey()
      const { code } = await addAuthenticationCode({ username: 'ada' }, context)
      return {
        ask: (at) => exchange(at, codeBody(code), basicKey(key)),
        end: () => suspendApplicationKey({ keyId: record.id }, context),
        refusals: ['NOT_ALLOWED'],
      }
    },
    async 'the authentication code is removed'() {
      const { key } = await newKey()
      const { code, identifier } = await addAuthenticationCode({ username: 'ada' }, context)
      return {
        ask: (at) => exchange(at, codeBody(code), basicKey(key)),
        end: () => removeAccessIdentifier({ identifierId: identifier.id }, context),
        refusals: ['INVALID_CREDENTIALS'],
      }
    },
    async 'the code that comes alone is removed'() {
      const { code, identifier } = await addAuthenticationCode({ username: 'ada' }, context)
      return {
        ask: (at) => exchange(at, codeBody(code)),
        end: () => removeAccessIdentifier({ identifierId: identifier.id }, context),
        // The same wrong code from the same address is soon looked at no more.
        refusals: ['INVALID_CREDENTIALS', 'TOO_MANY_REQUESTS'],
      }
    },
    async 'the consumer is disabled'() {
      const { key } = await newKey()
      const username = `user-${newId()}`
      const memberships = [{ organisationId: 'acme' }]
      await createUser({ username, name: 'Grace', password: PASSWORD, memberships }, context)
      const { code } = await addAuthenticationCode({ username }, context)
      return {
        ask: (at) => exchange(at, codeBody(code), basicKey(key)),
        end: () => disableUser({ username }, context),
        refusals: ['INVALID_CREDENTIALS'],
      }
    },
    async 'the issuer of the JWTs is suspended'() {
      const { issuer, newJwt } = await trustNewIssuer()
      return {
        ask: async (at) => exchange(at, jwtBody(await newJwt())),
        end: () => suspendTrustedIssuer({ issuer }, context),
        refusals: ['INVALID_CREDENTIALS'],
      }
    },
  }

  /** 16 callers ask again and again, until each has asked once more after the end was acknowledged. */
  async function raceToTheEnd({ ask, end }: Opening) {
    const tokens: string[] = []
    const busy = Promise.withResolvers<void>()
    let hasEnded = false
    const askOnce = async (at: { issuer: string }) => {
      const answer = await ask(at)
      if (answer.status === 200) tokens.push(tokenIn(answer))
      if (tokens.length > CALLERS) busy.resolve()
      return answer
    }
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const at = { issuer: processes[caller % processes.length]?.url ?? '' }
      while (!hasEnded) await askOnce(at)
      return askOnce(at)
    })
    await busy.promise
    await end()
    hasEnded = true
    return { tokens, late: await Promise.all(callers) }
  }

  it.each(Object.entries(openings))(
    'B6: when %s, no token is given from then on, and none outlives it',
    async (_what, prepare) => {
      for (let round = 0; round < 3; round += 1) {
        const opening = await prepare()
        const { tokens, late } = await raceToTheEnd(opening)
        expect(late).toHaveLength(CALLERS)
        for (const { body } of late) expect(opening.refusals).toContain(body.status.code)
        const active = await Promise.all(tokens.map(isActive))
        expect(active).toEqual(tokens.map(() => false))
      }
    },
  )

  it('D7: 60 parallel tries get no more looks at the pass code than the lock allows', async () => {
    const { key } = await newKey()
    const identifier = { username: 'eve', identifier: 'card-4711', passCode: '739182' }
    await addIdentifier(identifier, context)
    const ask = (passCode: string) => (at: { issuer: string }) =>
      exchange(at, passCodeBody('card-4711', passCode), basicKey(key))
    const answers = await race(60, ask('000000'))
    const codes = answers.map(({ body }) => body.status.code)
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(FREE_TRIES)
    // Where the machine is slow, some have waited for two seconds before these were looked at.
    const others = ['INVALID_CREDENTIALS', 'TOO_MANY_REQUESTS', 'TEMPORARILY_UNAVAILABLE']
    for (const code of codes) expect(others).toContain(code)
    const right = await race(processes.length, ask('739182'))
    expect(right.map(({ status }) => status)).toEqual(processes.map(() => 429))
  })
  it('D7: parallel tries without a key get no more looks at codes than all strangers have', async () => {
    let guesses = 0
    const startedAtSeconds = context.clock.nowSeconds()
    const answers = await race(STRANGERS_TRIES + 40, (at) =>
      exchange(at, codeBody(`no-such-code-${++guesses}-0123456789`)),
    )
    const tookSeconds = context.clock.nowSeconds() - startedAtSeconds
    const wrong = answers.filter(({ body }) => body.status.code === 'INVALID_CREDENTIALS')
    // The callers above have used up some of them, ten with each code that had been removed.
    expect(wrong.length).toBeGreaterThan(STRANGERS_TRIES / 2)
    expect(wrong.length).toBeLessThanOrEqual(STRANGERS_TRIES + Math.ceil(tookSeconds / 10))
    const { code } = await addAuthenticationCode({ username: 'ada' }, context)
    expect((await exchange({ issuer: processes[0]?.url ?? '' }, codeBody(code))).status).toBe(429)
  })
})
