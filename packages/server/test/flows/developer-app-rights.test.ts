// Settings › API: who may change an app, and what no name and no redirect URI of one may be.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asClientId, asUserId } from '../../src/protocol/ids.ts'
import type { ClientRecord } from '../../src/store/records.ts'
import { AccountHolder, clientOn, problemsOn } from '../support/account-holder.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer } from '../support/test-app.ts'
import { clientRecord, TENANT } from '../support/world.ts'

const APP = '/developers/app'
const appRecord = (id: string, fields: Partial<ClientRecord>) =>
  clientRecord({ id, secret: undefined, redirectUri: 'https://app.example/cb' }, fields, 0)

describe.each(STORES)('apps of developers on %s', (kind) => {
  let server: TestServer
  let ada: AccountHolder
  let bob: AccountHolder
  let eve: AccountHolder

  beforeAll(async () => {
    server = await startTestServer(kind, { tenant: { contract: 'mister-james' } })
    for (const app of [
      appRecord('pocket', { name: 'Pocket Desk', party: 'first' }),
      appRecord('books', { name: 'Verified Books', publisher: 'Books Ltd' }),
    ]) {
      await server.store.createClient(app, null)
    }
  })
  beforeEach(async () => {
    ada = await AccountHolder.signedIn(server, 'ada')
    bob = await AccountHolder.signedIn(server, 'bob')
    eve = await AccountHolder.signedIn(server, 'eve')
  })
  afterAll(() => server?.stop())

  const show = (by: AccountHolder, clientId: string) => by.open(`${APP}?app=${clientId}`)
  const organisationOf = async (id: string) =>
    (await server.store.findClient(TENANT, asClientId(id)))?.client.organisationId ?? ''

  const auditTrail = async (clientId: string) => {
    const events = await latestEvents(server.store, TENANT, 1000)
    return events
      .filter(({ target }) => target === `client:${clientId}`)
      .map(({ actor, action }) => `${actor} ${action}`)
  }

  describe('security H5: a colleague', () => {
    const changes = [
      ['its settings', '/app/save', { name: 'Ledgerly', redirect_uris: 'https://evil.example/cb' }],
      ['a new secret', '/app/secrets/add', { secret_name: 'mine' }],
      ['the end of a secret', '/app/secrets/revoke', { secret: 'first' }],
      ['the token grant', '/app/token-grant/on', { why: 'x', ends: '2199-01-01' }],
      ['no token grant', '/app/token-grant/off', {}],
      ['its end', '/app/delete', { typed_name: 'Ledgerly' }],
    ] as const

    it.each(changes)('looks at an app, and cannot post %s', async (_what, path, fields) => {
      const page = await ada.register()
      const { id } = clientOn(page)
      const before = await server.store.findClient(TENANT, asClientId(id))
      // Every form of a page carries the token of the session alone: bob's own page lends him one.
      const own = await bob.register({ name: 'Bobs app', organisation: 'acme' })
      const answer = await bob.postTo(own, path, { app: id, ...fields })
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('You cannot change this app')
      expect(await server.store.findClient(TENANT, asClientId(id))).toEqual(before)
      expect(await auditTrail(id)).toEqual(['user:user-ada client.created'])
    })

    it('sees what it needs to know, no form and no secret', async () => {
      const { id } = clientOn(await ada.register())
      const page = await show(bob, id)
      expect(page.status).toBe(200)
      expect(page.text).toContain('https://app.ledgerly.example/callback')
      expect(page.text).toContain('You can look at this app.')
      expect(page.text).toMatch(/Registered by <strong>.*Ada/)
      const facts = page.root.querySelectorAll('dl code').map(({ text }) => text)
      const metadata = `${server.issuer}/.well-known/oauth-authorization-server`
      expect(facts).toEqual(expect.arrayContaining([id, server.issuer, metadata]))
      const { body: published } = await getAnswer(metadata)
      for (const endpoint of ['authorization_endpoint', 'token_endpoint', 'revocation_endpoint']) {
        expect(facts).toContain(published[endpoint])
      }
      expect(page.root.querySelectorAll('main form')).toEqual([])
    })

    it('who is an admin changes it like the one who registered it', async () => {
      const { id } = clientOn(await ada.register())
      const key = {
        tenant: TENANT,
        userId: asUserId('user-bob'),
        organisationId: await organisationOf(id),
      }
      await server.store.changeRole({ ...key, role: 'admin' })
      const fields = { name: 'Ledgerly 2' }
      const saved = await bob.send(await show(bob, id), '/app/save', fields)
      expect(saved.text).toContain('Ledgerly 2')
      await server.store.changeRole({ ...key, role: 'member' })
      expect((await bob.post(saved, '/app/save', fields)).status).toBe(403)
    })
  })

  describe('pages H6, security L8: a name', () => {
    it.each([
      ['the tenant’s', 'Example CRM'],
      ['the tenant’s in other letters', '\u0415xampl\u0435 CRM'],
      ['what begins with the tenant’s', 'Example CRM Support'],
      ['a first-party app’s', 'P\u03BFcket  desk.'],
      ['a verified app’s', 'VERIFIED BOOKS'],
      ['nothing to read', '\u2800'],
    ])('that is %s is refused', async (_what, name) => {
      const page = await ada.register({ name })
      expect(page.status).toBe(422)
      expect(problemsOn(page)).toHaveLength(1)
      expect(problemsOn(page)[0]).toMatch(/can be mistaken for|at least one letter/)
      const { id } = clientOn(await ada.register())
      const renamed = await ada.send(await show(ada, id), '/app/save', { name })
      expect([renamed.status, problemsOn(renamed).length]).toEqual([422, 1])
    })

    it('that another unverified app has, or that says for whom the app is, is taken', async () => {
      await ada.register({ name: 'Ledgerly' })
      expect((await eve.register({ name: 'Ledgerly' })).status).toBe(200)
      expect((await eve.register({ name: 'Ledgerly for Example CRM' })).status).toBe(200)
    })

    it('that is stored already may stay', async () => {
      const { id } = clientOn(await ada.register({ name: 'Early bird' }))
      await server.store.createClient(
        appRecord('early-bird', { name: 'Early bird', publisher: 'Early Ltd' }),
        null,
      )
      const uris = { redirect_uris: 'https://other.example/cb' }
      const page = await ada.send(await show(ada, id), '/app/save', uris)
      expect(page.text).toContain('https://other.example/cb')
    })
  })

  describe('security L7, pages M6: a redirect URI', () => {
    it.each([
      ['with a wildcard', 'https://*.twice.example/cb', 'has a * in the host'],
      ['at the issuer’s own origin', 'ISSUER/cb', 'this server’s own host'],
      ['with dot segments', 'https://twice.example/a/../x', 'https://twice.example/x'],
      ['in capitals', 'HTTPS://Twice.example/Cb', 'https://twice.example/Cb'],
      ['with the default port', 'https://twice.example:443/cb', 'https://twice.example/cb'],
      ['of a numeric host', 'https://0x7f.1/cb', 'https://127.0.0.1/cb'],
    ])('%s is refused, or the usual form offered', async (_what, written, says) => {
      const uri = written.replace('ISSUER', new URL(server.issuer).origin)
      const page = await ada.register({ redirect_uris: uri })
      expect([page.status, problemsOn(page).length]).toEqual([422, 1])
      expect(problemsOn(page)[0]).toContain(says)
      const { id } = clientOn(await ada.register())
      const changed = await ada.send(await show(ada, id), '/app/save', { redirect_uris: uri })
      expect(problemsOn(changed)[0]).toContain(says)
    })

    it('that is stored in an unusual form stays when another is added', async () => {
      const { id } = clientOn(await ada.register())
      const found = await server.store.findClient(TENANT, asClientId(id))
      if (!found) throw new Error('it was just registered')
      const odd = ['https://Twice.example:443/cb', 'https://app.ledgerly.example/callback']
      await server.store.updateClient(found.client, { ...found.client, redirectUris: odd })
      const uris = { redirect_uris: [...odd, 'https://third.example/cb'].join('\n') }
      const page = await ada.send(await show(ada, id), '/app/save', uris)
      expect(problemsOn(page)).toEqual([])
      const saved = await server.store.findClient(TENANT, asClientId(id))
      expect(saved?.client.redirectUris).toEqual([...odd, 'https://third.example/cb'])
    })
  })
})
