// Lists on our own pages that are too long for one: the link to the rest, with plain requests and no script.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId, asUserId } from '../../src/protocol/ids.ts'
import { approvalOf, codeRecord, consentRecord } from '../store/records.ts'
import { AccountHolder } from '../support/account-holder.ts'
import type { BrowserPage } from '../support/browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { clientRecord, TENANT, WEB_APP } from '../support/world.ts'

const COUNT = 120
const OWNED = { organisationId: 'acme', grantTypes: ['authorization_code'] }

describe.each(STORES)('security H8: a list that is too long for a page on %s', (kind) => {
  let server: TestServer
  let bob: AccountHolder

  beforeAll(async () => {
    server = await startTestServer(kind)
    for (let at = 0; at < COUNT; at += 1) await connect(at)
    // The product's own are no apps of developers: a part is not shorter for them.
    for (let at = 0; at < 60; at += 1) {
      const own = clientRecord({ ...WEB_APP, id: `own-${at}` }, { ...OWNED, party: 'first' }, at)
      await server.store.createClient(own, null)
    }
    bob = await AccountHolder.signedIn(server, 'bob')
  })
  afterAll(() => server?.stop())

  const nameOf = (at: number) => `app-${String(at).padStart(4, '0')}`

  /** An app of bob's organisation, which he has allowed. */
  async function connect(at: number): Promise<void> {
    const { store, clock } = server
    const now = clock.nowSeconds()
    const app = { ...WEB_APP, id: nameOf(at) }
    const owned = { ...OWNED, registeredBy: asUserId('user-bob') }
    await store.createClient(clientRecord(app, owned, now + (at % 7)), null)
    const parties = { tenant: TENANT, clientId: asClientId(app.id), userId: asUserId('user-bob') }
    const consent = consentRecord({
      ...{ ...parties, organisationId: 'acme', grantedAtSeconds: now + at },
      redirectUris: [app.redirectUri],
    })
    const code = codeRecord({ ...parties, organisationId: 'acme' })
    await store.approveAuthorization(approvalOf(code, { consent }))
  }

  const appsOn = (page: BrowserPage) =>
    page.root
      .querySelectorAll('main h2 bdi, main .rows a bdi')
      .map(({ text }) => text)
      .filter((text) => text.startsWith('app-'))

  const linksOn = (page: BrowserPage) =>
    page.root.querySelectorAll('main .part a').map((link) => ({
      text: link.text,
      path: (link.getAttribute('href') ?? '').replace(new URL(server.issuer).pathname, '/'),
    }))

  /** @param between is called before each further page */
  async function readOn(path: string, between: () => Promise<unknown> = async () => undefined) {
    const pages = [await bob.open(path)]
    for (;;) {
      const more = linksOn(pages.at(-1) as BrowserPage).find(({ text }) => text.startsWith('Show'))
      if (!more) return { pages, names: pages.flatMap(appsOn) }
      await between()
      pages.push(await bob.open(more.path))
    }
  }

  const all = Array.from({ length: COUNT }, (_each, at) => nameOf(at))

  it.each(['/account/apps', '/developers'])('%s leads on to the rest, and back', async (path) => {
    const { pages, names } = await readOn(path)
    expect(pages.map((page) => appsOn(page).length)).toEqual([50, 50, 20])
    expect(names.toSorted()).toEqual(all)
    const links = pages.map((page) => linksOn(page).map(({ text }) => text.split(' ')[0]))
    expect(links).toEqual([['Show'], ['Show', 'Back'], ['Back']])
    const [back] = linksOn(pages[2] as BrowserPage)
    expect(appsOn(await bob.open(back?.path ?? ''))).toEqual(appsOn(pages[0] as BrowserPage))
  })

  it('a part of the connected apps has the newest on top', async () => {
    const [first] = (await readOn('/account/apps')).pages
    expect(appsOn(first as BrowserPage)).toEqual(all.slice(0, 50).toReversed())
  })

  it('misses none and names none twice while one is removed and another comes', async () => {
    let removed = 0
    const { names } = await readOn('/account/apps', async () => {
      await connect(COUNT + removed)
      const query = new URLSearchParams({ app: nameOf(removed), organisation: 'acme' })
      const asked = await bob.open(`/account/apps/remove?${query}`)
      expect((await bob.send(asked, '/apps/remove')).text).toContain('The app is removed.')
      removed += 1
    })
    expect(new Set(names).size).toBe(names.length)
    expect(all.filter((name) => !names.includes(name))).toEqual([])
  })

  it('shows its start where all that followed has gone', async () => {
    const [, , last] = (await readOn('/account/apps')).pages
    for (const name of appsOn(last as BrowserPage)) {
      await server.store.disableClient({
        ...{ tenant: TENANT, id: asClientId(name), nowSeconds: server.clock.nowSeconds() },
        ...{ newTag: name.padStart(20, '0') as never, tokensName: 'tags' },
      })
    }
    const path = linksOn((await readOn('/account/apps')).pages[0] as BrowserPage)[0]?.path ?? ''
    const shown = await bob.open(path)
    expect(appsOn(shown)).toHaveLength(50)
    const beyond = Buffer.from(JSON.stringify(['zzz', 'acme'])).toString('base64url')
    const start = await bob.open(`/account/apps?from=${beyond}`)
    expect(start.text).not.toContain('No app has access')
    expect(appsOn(start)).toHaveLength(50)
  })

  it.each(['/account/apps', '/developers'])(
    '%s shows its start for a made-up place',
    async (path) => {
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const made = ['x', encode(null), encode([1, 2]), encode(['a\0', null]), encode([1.5, 'a'])]
      const expected = appsOn(await bob.open(path))
      expect(expected).toHaveLength(50)
      for (const from of made) {
        const page = await bob.open(
          `${path}?${new URLSearchParams({ organisation: 'acme', from })}`,
        )
        expect([page.status, appsOn(page)]).toEqual([200, expected])
      }
      const foreign = new URLSearchParams({ organisation: 'globex-2', from: encode([0, '']) })
      expect(appsOn(await bob.open(`${path}?${foreign}`))).toEqual(expected)
    },
  )
})
