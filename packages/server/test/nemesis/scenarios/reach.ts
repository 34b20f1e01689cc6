// R19: an end that was acknowledged holds in all processes within a second, whoever asked for it and wherever.

import { addClientSecret, revokeClientSecret } from '../../../src/operations/client-secrets.ts'
import { type ClientContext, disableClient } from '../../../src/operations/clients.ts'
import { disableUser } from '../../../src/operations/users.ts'
import { newId } from '../../../src/platform/random.ts'
import { registerApp } from '../../support/contract-world.ts'
import { TestApp } from '../../support/test-app.ts'
import { type TestClient, WEB_APP } from '../../support/world.ts'
import { Caller } from '../caller.ts'
import { Person } from '../person.ts'
import { Place } from '../place.ts'
import type { Run, Scenario } from '../scenario.ts'
import type { Random } from '../seeded-random.ts'
import { codeFlow, openByCode } from '../ways/code-flow.ts'
import { createUsers } from '../ways/credentials.ts'

const PROCESSES = 3
const LATEST_MS = 1000
const PATIENCE_MS = 5000

/** Something that is good, and what ends it. */
interface Ending {
  /** Asks the process there. */
  isGood(url: string): Promise<boolean>
  end(): Promise<unknown>
}

interface Stage {
  readonly place: Place
  readonly context: ClientContext
  readonly random: Random
}

export const reach: Scenario = {
  goal: 'R19',
  claim: 'an end reaches every process within a second',
  stores: ['sqlite', 'postgres'],

  async run(run) {
    const database = await run.openDatabase()
    const place = await Place.open({ database, processes: PROCESSES, ...codeFlow.deployment })
    const context = await place.deployment.openContext()
    try {
      for (const round of run.rounds(1000)) {
        const stage = { place, context, random: run.random.fork(round) }
        for (const [name, prepare] of Object.entries(ENDINGS)) {
          await measure(name, await prepare(stage), { run, place })
        }
        run.verdict.rounds += 1
        run.verdict.judge(place)
      }
    } finally {
      await context.store.close()
      await place.close()
    }
  },
}

async function measure(
  name: string,
  { isGood, end }: Ending,
  { run, place }: { run: Run; place: Place },
): Promise<void> {
  const urls = place.servers.map(({ url }) => url)
  const good = await Promise.all(urls.map(isGood))
  run.verdict.expect(!good.includes(false), `${name}: not good before its end`)
  await end()
  const endedMs = performance.now()
  const took = await Promise.all(
    urls.map(async (url) => {
      let askedMs = performance.now()
      while ((await isGood(url)) && askedMs - endedMs < PATIENCE_MS) askedMs = performance.now()
      return askedMs - endedMs
    }),
  )
  const worst = Math.round(Math.max(...took))
  run.verdict.measure(`${name}, ms`, worst)
  run.verdict.expect(worst <= LATEST_MS, `${name} reached everybody only after ${worst} ms`)
}

const ENDINGS: Readonly<Record<string, (stage: Stage) => Promise<Ending>>> = {
  async 'token revoked'(stage) {
    const { caller, held, token } = await openGrant(stage)
    return { isGood: isActive(token), end: () => caller.revoke(held, token) }
  },

  async 'app removed by its user'(stage) {
    const { person, token } = await openGrant(stage)
    return { isGood: isActive(token), end: () => person.disconnect(WEB_APP) }
  },

  async 'user disabled'(stage) {
    const { person, token } = await openGrant(stage)
    const end = () => disableUser({ username: person.username }, stage.context)
    return { isGood: isActive(token), end }
  },

  async 'signed out'(stage) {
    const { person } = await openGrant(stage)
    return { isGood: (url) => person.isSignedInAt(url), end: () => person.signOut() }
  },

  async 'app disabled'({ context }) {
    const client = await newMachine(context)
    const end = () => disableClient({ clientId: client.id }, context)
    return { isGood: getsToken(client), end }
  },

  async 'secret revoked'({ context }) {
    const client = await newMachine(context)
    const added = await addClientSecret({ clientId: client.id, name: 'second' }, context)
    const second = { ...client, secret: added.secret }
    const end = () =>
      revokeClientSecret({ clientId: client.id, secretId: added.record.id }, context)
    return { isGood: getsToken(second), end }
  },
}

async function openGrant({ place, context, random }: Stage) {
  const [username = ''] = await createUsers(1, context)
  const caller = new Caller({ id: 0, place, random })
  const person = new Person(caller, username)
  await person.signIn()
  const held = await openByCode(caller, person, { client: WEB_APP, times: 1 })
  if (held === undefined) throw new Error('no tokens to begin with')
  return { caller, person, held, token: held.accessTokens[0] ?? '' }
}

function isActive(token: string): Ending['isGood'] {
  return async (url) => (await new TestApp({ issuer: url }, WEB_APP).introspect(token)).body.active
}

function newMachine(context: ClientContext): Promise<TestClient> {
  return registerApp(context, {
    name: newId(),
    type: 'confidential',
    grantTypes: ['client_credentials'],
    scopes: ['contacts:read'],
    defaultScopes: ['contacts:read'],
  })
}

function getsToken(client: TestClient): Ending['isGood'] {
  return async (url) => {
    const app = new TestApp({ issuer: url }, client)
    return (await app.token({ grant_type: 'client_credentials' })).status === 200
  }
}
