// Users in browsers, apps with codes, machines with secrets, and JWTs good for one use: the contract `standard`.

import { newId } from '../../../src/platform/random.ts'
import { type Answer, postForm, type TestApp } from '../../support/test-app.ts'
import { MACHINE, OTHER_APP, type TestClient, WEB_APP } from '../../support/world.ts'
import type { Act } from '../acts.ts'
import type { Caller, Held } from '../caller.ts'
import { Person } from '../person.ts'
import { readTokens, type Told } from '../recorder.ts'
import { createUsers, type Jwt, trustIssuer } from './credentials.ts'
import type { Way } from './way.ts'

export const codeFlow: Way = {
  name: 'codes, machines and JWTs',
  // A JWT can be active without any record of it. Nobody here waits a minute between two codes.
  deployment: { policy: { accessToken: { format: 'opaque' }, code: { perMinute: 100_000 } } },

  async settle(place, callers) {
    const context = await place.deployment.openContext()
    // Two share one, so that what one takes away is missing with the other.
    const usernames = await createUsers(Math.ceil(callers / 2), context)
    const newJwt = await trustIssuer(context)
    await context.store.close()
    return async (caller) => {
      const person = new Person(caller, usernames[Math.floor(caller.id / 2)] ?? '')
      await person.signIn()
      return actsOf(person, newJwt)
    }
  },
}

function actsOf(person: Person, newJwt: () => Promise<Jwt>): readonly Act[] {
  const act = (name: string, weight: number, run: Act['run']): Act => ({ name, weight, run })
  const anyApp = ({ random }: Caller) => random.pick([WEB_APP, OTHER_APP])
  return [
    act('code', 8, (caller) => openByCode(caller, person, { client: anyApp(caller), times: 1 })),
    act('code at once', 1, (caller) =>
      openByCode(caller, person, { client: anyApp(caller), times: 3 }),
    ),
    act('code again', 1, (caller) => replayCode(caller)),
    act('machine', 8, openForMachine),
    act('JWT', 4, async (caller) => exchangeJwt(caller, { jwt: await newJwt(), times: 1 })),
    act('JWT at once', 1, async (caller) => exchangeJwt(caller, { jwt: await newJwt(), times: 3 })),
    act('made-up credentials', 1, showMadeUpCredentials),
    act('disconnect', 0.3, (caller) => person.disconnect(anyApp(caller))),
    act('sign out', 0.2, async () => {
      await person.signOut()
      await person.authorize(WEB_APP)
      await person.signIn()
    }),
  ]
}

/** A code may be sent several times at once; whoever hears nothing sends it again. */
export async function openByCode(
  caller: Caller,
  person: Person,
  { client, times }: { client: TestClient; times: number },
): Promise<Held | undefined> {
  const code = await person.authorize(client)
  if (code === undefined) return undefined
  const redeemOnce = (): Promise<Told> => redeem(caller, client, code)
  let answers = await Promise.all(Array.from({ length: times }, redeemOnce))
  if (answers.every(({ outcome }) => outcome === 'unknown')) answers = [await redeemOnce()]
  caller.replays.push(redeemOnce)
  const about = { client, user: person.username, code }
  for (const answer of answers) {
    if (caller.keep(answer, about)) return caller.held.at(-1)
  }
  return undefined
}

function redeem(
  caller: Caller,
  client: TestClient,
  code: { value: string; verifier: string },
): Promise<Told> {
  const app = caller.at(client)
  return caller.present(app, { operation: 'redeem', uses: code.value }, async () =>
    readTokens(await app.redeem(code.value, code.verifier)),
  )
}

async function replayCode(caller: Caller): Promise<void> {
  const held = caller.held.filter(({ code }) => code !== undefined)
  if (held.length === 0) return
  const { client, code } = caller.random.pick(held)
  if (code !== undefined) await redeem(caller, client, code)
}

export async function openForMachine(caller: Caller): Promise<void> {
  const app = caller.at(MACHINE)
  const told = await caller.present(app, { operation: 'client-grant' }, async () =>
    readTokens(await app.token({ grant_type: 'client_credentials' })),
  )
  caller.keep(told, { client: MACHINE })
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  organisation: 'acme',
}

/** Its own proof: no client stands beside it (RFC 8693 §2.1). */
function sendJwt(app: TestApp, jwt: Jwt): Promise<Answer> {
  return postForm(`${app.server.issuer}/token`, { ...EXCHANGE, subject_token: jwt.text })
}

async function exchangeJwt(
  caller: Caller,
  { jwt, times }: { jwt: Jwt; times: number },
): Promise<void> {
  const exchangeOnce = () => {
    const app = caller.at(caller.place.deployment.apps.apiServer)
    return caller.present(app, { operation: 'exchange', uses: jwt.id }, async () =>
      readTokens(await sendJwt(app, jwt)),
    )
  }
  let answers = await Promise.all(Array.from({ length: times }, exchangeOnce))
  if (answers.every(({ outcome }) => outcome === 'unknown')) answers = [await exchangeOnce()]
  caller.replays.push(exchangeOnce)
  const { apiServer: client } = caller.place.deployment.apps
  for (const told of answers) caller.keep(told, { client, ownerless: true })
}

/** A wrong secret, and a code that nobody was given. */
async function showMadeUpCredentials(caller: Caller): Promise<void> {
  const stranger = caller.at({ ...MACHINE, secret: newId() })
  await caller.record({ server: stranger.server.issuer, operation: 'client-grant' }, async () =>
    readTokens(await stranger.token({ grant_type: 'client_credentials' })),
  )
  await redeem(caller, WEB_APP, { value: `ost_ac_${newId()}`, verifier: newId() + newId() })
}
