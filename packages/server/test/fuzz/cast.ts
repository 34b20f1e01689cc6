// Brings the parties of a tenant to life: they sign in, allow, get codes and tokens, as good apps and people do.

import { addAuthenticationCode } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { TestBrowser } from '../support/browser.ts'
import type { TestServer } from '../support/start-server.ts'
import { newPkce, TestApp } from '../support/test-app.ts'
import { MACHINE, type TestClient, USERS, type Username, userIdOf } from '../support/world.ts'
import { harvestPage } from './harvest.ts'
import { know, Parties, type Party } from './parties.ts'

const CODES_EACH = 3

export async function bringParties(server: TestServer): Promise<Parties> {
  const { apps, paths, store, tenant } = server
  await store.liftFailures(tenant.name, USERS.map(userIdOf))
  const parties: Party[] = []
  if (paths.authorize !== undefined) {
    parties.push(
      await bringApp(server, apps.webApp, { user: 'ada', organisation: 'acme' }),
      await bringApp(server, apps.otherApp, { user: 'bob', organisation: 'globex' }),
      await bringApp(server, apps.spa, { user: 'eve', organisation: 'globex' }),
    )
  }
  if (tenant.rules.grantTypes.includes('client_credentials')) {
    parties.push(await bringMachine(server))
  }
  if (mayExchangeKeys(server)) {
    parties.push(
      await bringKey(server, { user: 'ada', organisation: 'acme' }),
      await bringKey(server, { user: 'eve', organisation: 'globex' }),
    )
  }
  parties.push(newParty('the API', { client: apps.apiServer }))
  return new Parties(parties)
}

function mayExchangeKeys({ paths, tenant }: TestServer): boolean {
  const byToken = tenant.rules.grantTypes.some((name) => name.endsWith('token-exchange'))
  return byToken || paths.applicationKeyToken !== undefined
}

interface Person {
  readonly user: Username
  readonly organisation: string
}

function newParty(
  name: string,
  known: { client?: TestClient } & Partial<Pick<Party, 'clientId' | 'userId' | 'scopes'>>,
): Party {
  const { client, clientId, userId, scopes = [] } = known
  const isPublic = client !== undefined && client.secret === undefined
  const party: Party = { name, clientId, isPublic, userId, scopes, members: new Map() }
  know(party, 'client_id', client?.id)
  know(party, 'client_secret', client?.secret)
  know(party, 'redirect_uri', client?.redirectUri)
  return party
}

async function bringApp(server: TestServer, client: TestClient, person: Person): Promise<Party> {
  const { store, tenant } = server
  const { user, organisation } = person
  const found = await store.findClient(tenant.name, asClientId(client.id))
  const userId = (await store.findUserByUsername(tenant.name, user))?.id
  const scopes = found?.client.scopes ?? []
  const party = newParty(`${client.id} of ${user}`, { client, clientId: client.id, userId, scopes })
  const app = new TestApp(server, client)
  const browser = new TestBrowser()
  const { verifier, challenge } = newPkce()
  know(party, 'verifier', verifier)
  know(party, 'challenge', challenge)
  const obtainCode = async () => {
    const fields = { code_challenge: challenge, scope: firstScopes(server) }
    return (await app.obtainCode({ browser, user, organisation, fields })).code
  }
  const { status, body, text } = await app.redeem(await obtainCode(), verifier)
  if (status !== 200) throw new Error(`${party.name} got no tokens: ${text}`)
  know(party, 'access_token', body.access_token)
  know(party, 'refresh_token', body.refresh_token)
  know(party, 'id_token', body.id_token)
  for (let count = 0; count < CODES_EACH; count += 1) know(party, 'code', await obtainCode())
  for (const prompt of ['consent', 'select_account']) {
    harvestPage(party, (await browser.open(app.authorizeUrl({ prompt }))).text)
  }
  harvestPage(party, (await browser.open(`${server.issuer}/account/apps`)).text)
  know(party, 'cookies', [...browser.cookies].map((each) => each.join('=')).join('; '))
  return party
}

function firstScopes({ tenant }: TestServer): string {
  return tenant.rules.openId ? 'openid contacts:read' : 'contacts:read'
}

async function bringMachine(server: TestServer): Promise<Party> {
  const found = await server.store.findClient(server.tenant.name, asClientId(MACHINE.id))
  const scopes = found?.client.scopes ?? []
  const party = newParty('a machine', { client: MACHINE, clientId: MACHINE.id, scopes })
  const answer = await new TestApp(server, MACHINE).token({ grant_type: 'client_credentials' })
  know(party, 'access_token', answer.body.access_token)
  return party
}

async function bringKey({ context }: TestServer, { user, organisation }: Person): Promise<Party> {
  const { store, tenant } = context
  const input = { organisationId: organisation, name: `key of ${organisation}` }
  const { key, record } = await createApplicationKey(input, context)
  const { code } = await addAuthenticationCode({ username: user }, context)
  const userId = (await store.findUserByUsername(tenant.name, user))?.id
  const scopes = tenant.resourceServers.flatMap((api) => api.scopes.map(({ name }) => name))
  const party = newParty(`a key of ${organisation}`, { clientId: record.id, userId, scopes })
  know(party, 'application_key', key)
  know(party, 'authentication_code', code)
  return party
}
