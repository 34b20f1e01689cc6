// Settings › API: account holders register and manage apps themselves, where the contract has that.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import { AccountHolder, clientOn, problemsOn } from '../support/account-holder.ts'
import type { BrowserPage } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API, API_SERVER, TENANT } from '../support/world.ts'

const DAY = 86_400
const APP = '/developers/app'
const API_APP = { ...API_SERVER, redirectUri: '' }

describe.each(STORES)('apps of developers on %s', (kind) => {
  let server: TestServer
  let ada: AccountHolder
  let bob: AccountHolder
  let eve: AccountHolder

  beforeAll(async () => {
    server = await startTestServer(kind, { tenant: { contract: 'mister-james' } })
  })
  beforeEach(async () => {
    ada = await AccountHolder.signedIn(server, 'ada')
    bob = await AccountHolder.signedIn(server, 'bob')
    eve = await AccountHolder.signedIn(server, 'eve')
  })
  afterAll(() => server?.stop())

  const show = (by: AccountHolder, clientId: string) => by.open(`${APP}?app=${clientId}`)
  const dayFromNow = (days: number) =>
    new Date((server.clock.nowSeconds() + days * DAY) * 1000).toISOString().slice(0, 10)

  /** The grants that the revocation feed of the tenant has ended for this app. */
  async function feedSubjects(): Promise<readonly string[]> {
    const lines = (
      await server.store.readFeed({
        tenant: TENANT,
        afterSequence: 0,
        nowSeconds: server.clock.nowSeconds(),
        limit: 1000,
      })
    ).lines
    return lines.map(({ kind: what, subject }) => `${what}:${subject}`)
  }

  const auditTrail = async (clientId: string) => {
    const events = await latestEvents(server.store, TENANT, 1000)
    return events
      .filter(({ target }) => target === `client:${clientId}`)
      .map(({ actor, action }) => `${actor} ${action}`)
  }

  /** Those that carry a new secret. */
  const secretCookies = ({ browser }: AccountHolder) =>
    [...browser.cookies.keys()].filter((name) =>
      name.startsWith(cookieName(server.issuer, 'new-secret-')),
    )

  describe('registering', () => {
    it('gives an app that works at once, by the authorization code', async () => {
      const client = clientOn(await ada.register())
      const app = new TestApp(server, client)
      const { access_token } = await app.obtainTokens({ user: 'eve' })
      const introspected = await new TestApp(server, API_APP).introspect(access_token)
      expect(introspected.body).toMatchObject({ active: true, client_id: client.id, aud: [API] })
      expect(await auditTrail(client.id)).toEqual(['user:user-ada client.created'])
    })

    it('shows the secret once: not on the same page again, not to a colleague, not in a URL', async () => {
      const page = await ada.register()
      const { id, secret = 'missing' } = clientOn(page)
      expect(secret).toMatch(/^ost_cs_/)
      expect(page.url).not.toContain(secret)
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(secretCookies(ada)).toEqual([])
      expect((await show(ada, id)).text).not.toContain(secret)
      expect((await show(bob, id)).text).not.toContain(secret)
      expect(server.logLines.join('\n')).not.toContain(secret)
    })

    it('carries the secret in a cookie that nobody else can use, and not for long', async () => {
      const form = await ada.open('/developers/new')
      const fields = { name: 'Ledgerly', type: 'confidential', redirect_uris: 'https://a.example/' }
      const answer = await ada.post(form, '/developers/new', fields)
      expect(answer.status).toBe(303)
      const cookie = answer.headers.getSetCookie().find((line) => line.includes('new-secret-'))
      expect(cookie).toMatch(/; Max-Age=300; .*HttpOnly; Secure; SameSite=Lax$/)
      expect(cookie).not.toContain('ost_cs_')

      const [name = ''] = secretCookies(ada)
      bob.browser.cookies.set(name, ada.browser.cookies.get(name) ?? '')
      const path = (answer.location ?? '').slice(server.issuer.length)
      expect(clientOn(await bob.open(path)).secret).toBeUndefined()
      server.clock.advance(301)
      expect(clientOn(await ada.open(path)).secret).toBeUndefined()
    })

    it('gives an app on a device no secret', async () => {
      const page = await ada.register({ type: 'public' })
      const client = clientOn(page)
      expect(client.secret).toBeUndefined()
      expect(page.text).toContain('has no secret')
      expect((await new TestApp(server, client).obtainTokens({ user: 'eve' })).scope).toBe(
        'contacts:read',
      )
    })

    it('says what is wrong, all at once, and keeps what was typed', async () => {
      const wrong = { name: '', type: undefined, redirect_uris: 'http://a.example/\nnonsense' }
      const page = await bob.register(wrong)
      expect(page.status).toBe(422)
      expect(page.root.querySelector('title')?.textContent).toMatch(/^Error: /)
      expect(problemsOn(page)).toEqual([
        'Fill in: Name of the app',
        'http://a.example/ is not encrypted. Use https',
        'nonsense is not a whole address. Start with https://',
        'Choose an answer: Where does the app run?',
        'Choose an answer: Which organisation does the app belong to?',
      ])
      expect(page.root.querySelector('textarea')?.textContent.trim()).toBe(wrong.redirect_uris)
      const mended = { name: 'Mended', type: 'public', organisation: 'globex' }
      const fields = { ...mended, redirect_uris: 'https://a.example/' }
      expect(clientOn(await bob.send(page, '/developers/new', fields)).id).toBeTruthy()
    })

    it('is for an organisation of the user only', async () => {
      const foreign = await ada.register({ organisation: 'globex' })
      expect(foreign.status).toBe(422)
      const own = clientOn(await bob.register({ organisation: 'globex' }))
      expect((await show(eve, own.id)).status).toBe(200)
      expect((await show(ada, own.id)).status).toBe(404)
    })

    it('shows each its own secret, of apps that were registered in two tabs', async () => {
      const forms = [await ada.open('/developers/new'), await ada.open('/developers/new')]
      const fields = { type: 'confidential', redirect_uris: 'https://tabs.example/' }
      const pages = []
      for (const [at, form] of forms.entries()) {
        const { location = '' } = await ada.post(form, '/developers/new', {
          ...fields,
          name: `Tab ${at}`,
        })
        pages.push(location.slice(server.issuer.length))
      }
      for (const page of pages) expect(clientOn(await ada.open(page)).secret).toMatch(/^ost_cs_/)
      expect(secretCookies(ada)).toEqual([])
    })

    it('makes one app of a form that is sent twice, and leads to it', async () => {
      const form = await ada.open('/developers/new')
      const name = 'Pressed twice'
      const fields = { name, type: 'public', redirect_uris: 'https://twice.example/' }
      const answers = await Promise.all([
        ada.post(form, '/developers/new', fields),
        ada.post(form, '/developers/new', fields),
      ])
      expect(answers.map(({ status }) => status)).toEqual([303, 303])
      const list = await ada.open('/developers')
      expect(list.text.split(name).length - 1).toBe(1)
      const again = await ada.post(form, '/developers/new', fields)
      expect(answers.map(({ location }) => location)).toContain(again.location)
      expect(again.location).toContain('/developers/app?')
    })

    it('says what is wrong as often as it is sent', async () => {
      const form = await ada.open('/developers/new')
      const fields = { name: 'Wrong', type: 'public', redirect_uris: 'http://wrong.example/' }
      for (let time = 0; time < 2; time += 1) {
        const page = await ada.post(form, '/developers/new', fields)
        expect(page.status).toBe(422)
        expect(problemsOn(page)).toHaveLength(1)
      }
    })

    it('is made of a form that was corrected on the page before', async () => {
      const form = await ada.open('/developers/new')
      const fields = { name: 'Corrected', type: 'public', redirect_uris: 'http://wrong.example/' }
      expect((await ada.post(form, '/developers/new', fields)).status).toBe(422)
      const corrected = { ...fields, redirect_uris: 'https://right.example/' }
      const { location = '' } = await ada.post(form, '/developers/new', corrected)
      expect(location).toContain('/developers/app?')
    })
  })

  describe('an app', () => {
    it('is changed by the one who registered it, and what it was is over', async () => {
      const client = clientOn(await ada.register())
      const page = await show(ada, client.id)
      const saved = await ada.send(page, '/app/save', {
        name: 'Ledgerly 2',
        redirect_uris: ' https://new.example/cb \r\n\r\nhttp://127.0.0.1/cb',
      })
      expect(saved.text).toContain('Saved.')
      expect((await show(ada, client.id)).root.querySelector('h1')?.text).toBe('Ledgerly 2')
      const app = new TestApp(server, client)
      const old = await bob.browser.open(app.authorizeUrl())
      expect(old.status).toBe(400)
      const moved = new TestApp(server, { ...client, redirectUri: 'https://new.example/cb' })
      expect((await moved.obtainTokens({ user: 'eve' })).access_token).toBeTruthy()
    })

    it('is not changed into what could not be registered', async () => {
      const client = clientOn(await ada.register())
      const wrong = { name: '', redirect_uris: '' }
      const page = await ada.send(await show(ada, client.id), '/app/save', wrong)
      expect(page.status).toBe(422)
      expect(problemsOn(page)).toEqual(['Fill in: Name of the app', 'Fill in: Redirect URIs'])
      expect(page.root.querySelector('[name=name]')?.getAttribute('value')).toBe('')
      expect((await show(ada, client.id)).root.querySelector('h1')?.text).toBe('Ledgerly')
    })

    it('tells when it was last used', async () => {
      const client = clientOn(await ada.register())
      expect((await show(ada, client.id)).text).toContain('Not used yet')
      await new TestApp(server, client).obtainTokens({ user: 'eve' })
      await expect
        .poll(async () => (await show(ada, client.id)).root.querySelector('.facts')?.text)
        .toContain('Last used on')
    })
  })

  describe('C12: for everybody else it is not there', () => {
    const pages = ['', '/delete', '/secrets/revoke']

    it('to look at, whatever the page', async () => {
      const { id } = clientOn(await ada.register())
      for (const page of pages) {
        const answer = await eve.open(`${APP}${page}?app=${id}&secret=x`)
        expect([page, answer.status]).toEqual([page, 404])
        expect(answer.text).not.toContain('Ledgerly')
      }
      expect((await eve.open('/developers')).text).not.toContain(id)
      expect((await bob.open('/developers')).text).toContain(id)
    })

    it('to change, with a form of a page of their own', async () => {
      const victim = clientOn(await ada.register())
      const before = await server.store.findClient(TENANT, victim.id as never)
      const own = await eve.register({ name: 'Own' })
      const secretId = before?.secrets[0]?.id ?? ''
      const forms: Record<string, Record<string, string>> = {
        '/app/save': { name: 'Taken', redirect_uris: 'https://evil.example/' },
        '/app/secrets/add': { secret_name: 'mine' },
        '/app/token-grant/on': { why: 'mine', ends: dayFromNow(9) },
      }
      for (const [path, fields] of Object.entries(forms)) {
        const answer = await eve.post(own, path, { ...fields, app: victim.id })
        expect([path, answer.status]).toEqual([path, 404])
      }
      const { id } = clientOn(own)
      const [ownSecret] = (await server.store.findClient(TENANT, id as never))?.secrets ?? []
      const revoking = await eve.open(`${APP}/secrets/revoke?app=${id}&secret=${ownSecret?.id}`)
      const stolen = { app: victim.id, secret: secretId }
      expect((await eve.post(revoking, '/secrets/revoke', stolen)).status).toBe(404)
      const deleting = await eve.open(`${APP}/delete?app=${id}`)
      const gone = { app: victim.id, typed_name: 'Ledgerly' }
      expect((await eve.post(deleting, '/app/delete', gone)).status).toBe(404)
      expect(await server.store.findClient(TENANT, victim.id as never)).toEqual(before)
    })
  })

  describe('secrets', () => {
    const works = async (id: string, secret: string | undefined) => {
      const app = new TestApp(server, { id, secret, redirectUri: 'https://app.example/' })
      const answer = await app.refresh('unknown')
      return answer.body.error !== 'invalid_client'
    }

    it('adds one secret by a form that is sent twice, and leads back to the app', async () => {
      const { id } = clientOn(await ada.register())
      const page = await show(ada, id)
      const fields = { app: id, secret_name: 'second' }
      const [first, again] = [
        await ada.postTo(page, '/app/secrets/add', fields),
        await ada.postTo(page, '/app/secrets/add', fields),
      ]
      expect([first.status, again.status]).toEqual([303, 303])
      expect(again.location).toBe(first.location)
      const shown = await ada.browser.open(first.location ?? '')
      expect(clientOn(shown).secret).toMatch(/^ost_cs_/)
      const found = await server.store.findClient(TENANT, asClientId(id))
      expect(found?.secrets.map(({ name }) => name).toSorted()).toEqual(['first', 'second'])
    })

    it('several work side by side, until one is revoked or its last day is over', async () => {
      const first = clientOn(await ada.register())
      const page = await show(ada, first.id)
      const fields = { secret_name: '2027', expires: dayFromNow(2) }
      const second = clientOn(await ada.send(page, '/secrets/add', fields))
      expect(second.secret).toMatch(/^ost_cs_/)
      expect([await works(first.id, first.secret), await works(first.id, second.secret)]).toEqual([
        true,
        true,
      ])

      const links = (await show(ada, first.id)).root.querySelectorAll('.rows a')
      const revoke = links.find(({ text }) => text === 'Revoke first')?.getAttribute('href') ?? ''
      const asked = await ada.open(revoke.replaceAll('&amp;', '&'))
      expect(await works(first.id, first.secret)).toBe(true)
      const done = await ada.send(asked, '/secrets/revoke')
      expect(done.text).toContain('The secret is revoked')
      expect([await works(first.id, first.secret), await works(first.id, second.secret)]).toEqual([
        false,
        true,
      ])
      expect(await auditTrail(first.id)).toEqual([
        'user:user-ada client_secret.revoked',
        'user:user-ada client_secret.added',
        'user:user-ada client.created',
      ])
      // The last day counts whole.
      server.clock.advance(2 * DAY)
      expect(await works(first.id, second.secret)).toBe(true)
      server.clock.advance(DAY)
      expect(await works(first.id, second.secret)).toBe(false)
    })

    it.each([
      [{ secret_name: '' }, 'Fill in: Name of the secret'],
      [{ secret_name: 'first' }, 'Choose another name, this one is in use: Name of the secret'],
      [{ secret_name: 'x', expires: '2020-01-01' }, 'Choose a day that is not over'],
      [{ secret_name: 'x', expires: '2030-02-31' }, 'Choose a day: Last day of the secret'],
      [{ secret_name: 'x', expires: 'tomorrow' }, 'Choose a day: Last day of the secret'],
    ])('are refused with %j', async (fields, problem) => {
      const { id } = clientOn(await ada.register())
      const page = await ada.send(await show(ada, id), '/secrets/add', fields)
      expect(page.status).toBe(422)
      expect(problemsOn(page)[0]).toContain(problem)
      expect(page.root.querySelector('#new-secret')).toBeNull()
    })

    it('are no more than five', async () => {
      const { id } = clientOn(await ada.register())
      for (const secret_name of ['2', '3', '4', '5']) {
        await ada.send(await show(ada, id), '/secrets/add', { secret_name })
      }
      const page = await ada.send(await show(ada, id), '/secrets/add', { secret_name: '6' })
      expect(problemsOn(page)[0]).toContain('No more than 5')
    })

    it('are not for an app on a device, whatever is posted', async () => {
      const own = await ada.register()
      const { id } = clientOn(await ada.register({ type: 'public' }))
      const answer = await ada.post(own, '/secrets/add', { app: id, secret_name: 'x' })
      expect(answer.status).toBe(404)
    })
  })

  describe('the token grant', () => {
    const ask = (client: ReturnType<typeof clientOn>, by: AccountHolder) => {
      const url = new TestApp(server, client).authorizeUrl({
        response_type: 'token',
        code_challenge: undefined,
        code_challenge_method: undefined,
      })
      return by.browser.open(url)
    }
    const errorOf = (page: BrowserPage) =>
      new URLSearchParams(new URL(page.location ?? 'x:').hash.slice(1)).get('error')

    it('RFC 9700 §2.1.2: is off until it is switched on, for a reason and a time, and off again', async () => {
      const client = clientOn(await ada.register())
      expect(errorOf(await ask(client, eve))).toBe('unauthorized_client')
      const fields = { why: 'the old extension', ends: dayFromNow(30) }
      const on = await ada.send(await show(ada, client.id), '/token-grant/on', fields)
      expect(on.text).toContain('The token grant is on.')
      expect(on.text).toContain('the old extension')
      const consent = await ask(client, eve)
      const allowed = await eve.browser.submit(consent, { decision: 'allow' })
      expect(new URL(allowed.location ?? '').hash).toContain('access_token=')

      const off = await ada.send(await show(ada, client.id), '/token-grant/off')
      expect(off.text).toContain('The token grant is off.')
      expect(errorOf(await ask(client, eve))).toBe('unauthorized_client')
      expect((await auditTrail(client.id)).filter((line) => line.includes('legacy'))).toEqual([
        'user:user-ada legacy_allowance.removed',
        'user:user-ada legacy_allowance.granted',
      ])
    })

    it('ends by itself when its last day is over', async () => {
      const client = clientOn(await ada.register())
      const fields = { why: 'a trial', ends: dayFromNow(1) }
      await ada.send(await show(ada, client.id), '/token-grant/on', fields)
      server.clock.advance(2 * DAY)
      const asker = await AccountHolder.signedIn(server, 'eve')
      expect(errorOf(await ask(client, asker))).toBe('unauthorized_client')
      const developer = await AccountHolder.signedIn(server, 'ada')
      expect((await show(developer, client.id)).text).toContain('It ended on')
    })

    it.each([
      [{ why: '', ends: '' }, 2],
      [{ why: 'x', ends: '2020-01-01' }, 1],
      [{ why: 'x', ends: '2199-01-01' }, 1],
    ])('is not switched on with %j', async (fields, problems) => {
      const client = clientOn(await ada.register())
      const page = await ada.send(await show(ada, client.id), '/token-grant/on', fields)
      expect([page.status, problemsOn(page).length]).toEqual([422, problems])
      expect(errorOf(await ask(client, eve))).toBe('unauthorized_client')
    })
  })

  describe('deleting', () => {
    it('ends every token of the app: at introspection, at refresh, in the feed, and its secret', async () => {
      const client = clientOn(await ada.register())
      const app = new TestApp(server, client)
      const { access_token, refresh_token } = await app.obtainTokens({ user: 'eve' })
      const api = new TestApp(server, API_APP)
      expect((await api.introspect(access_token)).body.active).toBe(true)

      const page = await ada.open(`${APP}/delete?app=${client.id}`)
      const wrong = await ada.send(page, '/app/delete', { typed_name: 'ledgerly' })
      expect([wrong.status, problemsOn(wrong)]).toEqual([
        422,
        ['This is not the name. Type Ledgerly'],
      ])
      expect((await api.introspect(access_token)).body.active).toBe(true)
      const found = await server.store.findClient(TENANT, client.id as never)
      const done = await ada.send(wrong, '/app/delete', { typed_name: 'Ledgerly' })
      expect(done.text).toContain('The app is deleted.')

      expect((await api.introspect(access_token)).body).toEqual({ active: false })
      expect((await app.refresh(refresh_token)).body.error).toBe('invalid_client')
      expect(await feedSubjects()).toContain(`client:${found?.client.tag}`)
      expect((await show(ada, client.id)).status).toBe(404)
      expect((await eve.browser.open(app.authorizeUrl())).status).toBe(400)
      expect((await auditTrail(client.id))[0]).toBe('user:user-ada client.deleted')
    })

    it('ASVS 7.5.1: asks to sign in again after ten minutes, and comes back to the filled form', async () => {
      const { id } = clientOn(await ada.register())
      const page = await ada.open(`${APP}/delete?app=${id}`)
      server.clock.advance(601)
      const again = await ada.post(page, '/app/delete', { typed_name: 'Ledgerly' })
      expect(again.status).toBe(422)
      expect(again.text).toContain('Please sign in once more')
      expect(again.root.querySelector('[name=username]')?.getAttribute('value')).toBe('ada')
      expect((await show(bob, id)).status).toBe(200)

      const back = await ada.signIn(again, 'ada')
      expect(back.root.querySelector('[name=typed_name]')?.getAttribute('value')).toBe('Ledgerly')
      expect((await ada.send(back, '/app/delete')).text).toContain('The app is deleted.')
    })
  })

  it('has no such pages where apps are registered by the operator', async () => {
    const other = await startTestServer(kind, { tenant: { contract: 'json-api' } })
    const holder = await AccountHolder.signedIn(other, 'ada')
    for (const path of ['/developers', '/developers/new', '/developers/app']) {
      expect((await holder.open(path)).status).toBe(404)
    }
    expect((await holder.open('/account/apps')).text).not.toContain('/developers')
    await other.stop()
  })
})
