// Connected apps: what a user has given access to, and the end of it; and signing in without an app.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AccountHolder } from '../support/account-holder.ts'
import type { BrowserPage } from '../support/browser.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API_SERVER, OTHER_APP, PASSWORD, TENANT, WEB_APP } from '../support/world.ts'

const APPS = '/account/apps'
const HOUR = 3600

describe.each(STORES)('connected apps on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let api: TestApp
  let ada: AccountHolder

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
    api = new TestApp(server, API_SERVER)
  })
  beforeEach(async () => {
    ada = await AccountHolder.signedIn(server, 'ada')
  })
  afterAll(() => server?.stop())

  const namesOn = (page: BrowserPage) =>
    page.root.querySelectorAll('main h2 bdi').map(({ text }) => text)

  const removalPath = (clientId: string, organisation: string) =>
    `${APPS}/remove?${new URLSearchParams({ app: clientId, organisation })}`

  const isActive = async (token: string) => (await api.introspect(token)).body.active

  describe('the list', () => {
    it('names each app with what it may do, for whom and since when; and nobody else’s', async () => {
      const empty = await ada.open(APPS)
      expect(empty.text).toContain('No app has access')
      await app.obtainTokens({ user: 'ada', fields: { scope: 'openid contacts:read' } })
      const page = await ada.open(APPS)
      expect(namesOn(page)).toEqual(['web-app'])
      expect(page.text).toContain('by <bdi>Example Apps Ltd</bdi>')
      const words = page.root.querySelectorAll('.scopes li bdi').map(({ text }) => text)
      expect(words).toEqual(['Recognise you when you come back', 'See your contacts'])
      expect(page.text).toContain('For the organisation <strong><bdi>Acme</bdi></strong>')
      expect(page.headers.get('cache-control')).toBe('no-store')
      const eve = await AccountHolder.signedIn(server, 'eve')
      expect(namesOn(await eve.open(APPS))).toEqual([])
    })

    it('tells when an app last got a token', async () => {
      const { refresh_token } = await app.obtainTokens({ user: 'ada' })
      server.clock.advance(HOUR)
      await app.refresh(refresh_token)
      const times = (await ada.open(APPS)).root.querySelectorAll('time')
      expect(times.at(-1)?.getAttribute('datetime')).toBe(
        new Date(server.clock.nowSeconds() * 1000).toISOString(),
      )
    })

    it('keeps an app that would get access again without asking, though its tokens have ended', async () => {
      const { refresh_token } = await app.obtainTokens({ user: 'ada' })
      await app.revoke(refresh_token)
      expect(namesOn(await ada.open(APPS))).toContain('web-app')
    })
  })

  describe('removing', () => {
    it('ends consent, refresh and access token, and is told to the APIs', async () => {
      const { access_token, refresh_token } = await app.obtainTokens({ user: 'ada' })
      const other = new TestApp(server, OTHER_APP)
      const kept = await other.obtainTokens({ user: 'ada' })
      expect(await isActive(access_token)).toBe(true)

      const asked = await ada.open(removalPath('web-app', 'acme'))
      expect(asked.text).toContain('within seconds')
      expect(await isActive(access_token)).toBe(true)
      const done = await ada.send(asked, '/apps/remove')
      expect(done.text).toContain('The app is removed.')
      expect(namesOn(done)).toEqual(['other-app'])

      expect(await isActive(access_token)).toBe(false)
      expect((await app.refresh(refresh_token)).body.error).toBe('invalid_grant')
      expect(await isActive(kept.access_token)).toBe(true)
      const lines = (
        await server.store.readFeed({
          tenant: TENANT,
          afterSequence: 0,
          nowSeconds: server.clock.nowSeconds(),
          limit: 100,
        })
      ).lines
      expect(lines.at(-1)?.kind).toBe('grant')
      const again = await ada.browser.openAndFollow(app.authorizeUrl())
      expect(again.root.querySelector('[name=decision]')).not.toBeNull()
      expect((await latestEvents(server.store, TENANT, 1))[0]).toMatchObject({
        action: 'connected_app.removed',
        actor: 'user:user-ada',
        target: 'client:web-app',
      })
    })

    it('for one organisation leaves the other', async () => {
      const bob = await AccountHolder.signedIn(server, 'bob')
      const answers = (organisation: string) => ({
        user: 'bob',
        organisation,
        fields: { prompt: 'consent' },
      })
      const acme = await app.obtainTokens(answers('acme'))
      const globex = await app.obtainTokens(answers('globex'))
      expect(namesOn(await bob.open(APPS))).toEqual(['web-app', 'web-app'])
      await bob.send(await bob.open(removalPath('web-app', 'globex')), '/apps/remove')
      expect([await isActive(acme.access_token), await isActive(globex.access_token)]).toEqual([
        true,
        false,
      ])
      const left = await bob.open(APPS)
      expect(left.text).toContain('<bdi>Acme</bdi>')
      expect(left.text).not.toContain('<bdi>Globex</bdi>')
    })

    it('twice is no mistake, and what was never connected is not there', async () => {
      await app.obtainTokens({ user: 'ada' })
      const asked = await ada.open(removalPath('web-app', 'acme'))
      await ada.post(asked, '/apps/remove')
      expect((await ada.post(asked, '/apps/remove')).status).toBe(303)
      expect((await ada.open(removalPath('web-app', 'acme'))).status).toBe(404)
      expect((await ada.open(`${APPS}/remove`)).status).toBe(404)
    })

    it('reaches nothing of anybody else', async () => {
      const { access_token } = await app.obtainTokens({ user: 'ada' })
      const other = new TestApp(server, OTHER_APP)
      await other.obtainTokens({ user: 'eve' })
      const eve = await AccountHolder.signedIn(server, 'eve')
      const asked = await eve.open(removalPath('other-app', 'globex'))
      await eve.post(asked, '/apps/remove', { app: 'web-app', organisation: 'acme' })
      expect(await isActive(access_token)).toBe(true)
    })
  })

  describe('CSRF: a form counts only from a page of the same session', () => {
    const post = (holder: AccountHolder, fields: Record<string, string>, site = 'same-origin') =>
      holder.browser.open(`${server.issuer}${APPS}/remove`, {
        method: 'POST',
        body: new URLSearchParams({ app: 'web-app', organisation: 'acme', ...fields }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': site,
        },
      })
    const tokenFor = async (holder: AccountHolder) =>
      (await holder.open(removalPath('web-app', 'acme'))).root
        .querySelector('[name=token]')
        ?.getAttribute('value') ?? ''

    it('not without its token, with another one, or from another site', async () => {
      const { access_token } = await app.obtainTokens({ user: 'ada' })
      const token = await tokenFor(ada)
      const elsewhere = await AccountHolder.signedIn(server, 'ada')
      const attempts = [
        await post(ada, {}),
        await post(ada, { token: 'made-up' }),
        await post(ada, { token: await tokenFor(elsewhere) }),
        await post(ada, { token }, 'cross-site'),
        await post(ada, { token }, 'same-site'),
      ]
      expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
      expect(await isActive(access_token)).toBe(true)
      expect((await post(ada, { token })).status).toBe(303)
    })

    it('not after the account has been changed in another tab', async () => {
      await app.obtainTokens({ user: 'ada' })
      const asked = await ada.open(removalPath('web-app', 'acme'))
      await ada.signIn(await ada.open('/account/sign-in'), 'bob')
      expect((await ada.post(asked, '/apps/remove')).status).toBe(403)
    })
  })

  describe('signing in for our own pages', () => {
    it('leads on to the page that was asked for, and the removal that was about to happen', async () => {
      await app.obtainTokens({ user: 'ada' })
      const stranger = new AccountHolder(server)
      const page = await stranger.open(removalPath('web-app', 'acme'))
      expect(page.root.querySelector('h1')?.text).toBe('Sign in')
      expect((await stranger.signIn(page, 'ada')).root.querySelector('h1')?.text).toBe(
        'Remove web-app?',
      )
    })

    it('says what is wrong, and locks as for an app', async () => {
      const stranger = new AccountHolder(server)
      let page = await stranger.open(APPS)
      const tries: number[] = []
      for (let n = 0; n < 11; n++) {
        page = await stranger.browser.submit(page, { username: 'nobody', password: 'wrong' })
        tries.push(page.status)
      }
      expect(tries).toEqual([...Array.from({ length: 10 }, () => 422), 429])
      expect(page.headers.get('retry-after')).toBe('60')
      const viaApp = await stranger.browser.openAndFollow(app.authorizeUrl())
      const locked = await stranger.browser.submit(viaApp, { username: 'nobody', password: 'x' })
      expect(locked.status).toBe(429)
    })

    it('begins anew, with a friendly line, when the page was open for too long', async () => {
      const stranger = new AccountHolder(server)
      const page = await stranger.open(APPS)
      server.clock.advance(HOUR + 1)
      const old = await stranger.signIn(page, 'ada')
      expect(old.text).toContain('was open for a long time')
      expect((await stranger.signIn(old, 'ada')).root.querySelector('h1')?.text).toBe(
        'Connected apps',
      )
    })

    it('RFC 9700 §4.7: works in the browser that it began in only', async () => {
      const page = await new AccountHolder(server).open(APPS)
      const thief = new AccountHolder(server)
      await thief.open(APPS)
      expect((await thief.signIn(page, 'ada')).status).toBe(403)
    })

    it('RFC 9700 §4.11: leads nowhere but to pages of ours', async () => {
      const target = 'https://evil.example/'
      for (const name of ['next', 'section', 'to', 'return', 'redirect_uri', 'interaction']) {
        const stranger = new AccountHolder(server)
        const query = new URLSearchParams({ [name]: target })
        const page = await stranger.open(`/account/sign-in?${query}`)
        const fields = { username: 'ada', password: PASSWORD }
        const answer = await stranger.browser.submit(page, fields)
        expect(answer.location).toBe(`${server.issuer}${APPS}`)
      }
      const stranger = new AccountHolder(server)
      const page = await stranger.open('/account/sign-in')
      const forged = { username: 'ada', password: PASSWORD, interaction: target }
      expect((await stranger.browser.submit(page, forged)).status).toBe(403)
    })

    it('with another account makes that one the account of our pages', async () => {
      const other = await ada.open('/account/sign-in')
      expect(other.text).toContain('Your other accounts stay signed in.')
      const page = await ada.signIn(other, 'bob')
      expect(page.root.querySelector('nav .username')?.text).toBe('bob')
    })

    it('is over with the session, and then the form asks to sign in first', async () => {
      await app.obtainTokens({ user: 'ada' })
      const asked = await ada.open(removalPath('web-app', 'acme'))
      await ada.send(await ada.open('/sign-out'), '/sign-out/confirm')
      const page = await ada.post(asked, '/apps/remove')
      expect([page.status, page.root.querySelector('h1')?.text]).toEqual([422, 'Sign in'])
      expect((await ada.signIn(page, 'ada')).root.querySelector('h1')?.text).toBe('Remove web-app?')
    })
  })
})
