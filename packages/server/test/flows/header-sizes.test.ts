// Proxies read the head of an answer into one buffer, and say 502 when it does not fit: nginx has 4 kB unless it is told
// otherwise. A state of up to 2,048 bytes has to pass.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD, WEB_APP } from '../support/world.ts'

const NGINX_BUFFER_BYTES = 4096
/** `Strict-Transport-Security`, which only an https issuer has. */
const STRICT_TRANSPORT_BYTES = 80
/** Nothing in it can be packed. */
const STATE = randomBytes(1536).toString('base64url')
const USERS = ['eve', 'bob', 'ada']

describe('field 19: the head of each answer fits the usual buffer of nginx, with a state of 2,048 bytes', () => {
  let server: TestServer
  let app: TestApp
  beforeAll(async () => {
    server = await startTestServer('sqlite')
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  /** Remembers every answer that a browser gets. */
  class Recorder extends TestBrowser {
    readonly answers: BrowserPage[] = []

    override async open(url: string, init: RequestInit = {}): Promise<BrowserPage> {
      const page = await super.open(url, init)
      this.answers.push(page)
      return page
    }
  }

  function expectToFit({ answers }: Recorder): void {
    for (const { url, status, headers } of answers) {
      const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const head = `HTTP/1.1 ${status} Something\r\n${lines}\r\n`
      const bytes = Buffer.byteLength(head) + STRICT_TRANSPORT_BYTES
      expect(bytes, `${status} of ${url.slice(0, 80)}`).toBeLessThan(NGINX_BUFFER_BYTES)
    }
  }

  const everything = { state: STATE, scope: 'openid profile email contacts:read contacts:write' }

  it('through every page', async () => {
    expect(STATE).toHaveLength(2048)
    const browser = new Recorder()
    for (const user of USERS) {
      const url = app.authorizeUrl({
        ...everything,
        prompt: 'login consent',
        nonce: STATE.slice(0, 64),
      })
      const signIn = await browser.openAndFollow(url)
      const consent = await browser.submitAndFollow(signIn, { username: user, password: PASSWORD })
      const organisation = user === 'bob' ? { organisation: 'acme' } : {}
      const left = await browser.submit(consent, { decision: 'allow', ...organisation })
      expect(left.location).toContain(STATE)
    }
    const choice = await browser.open(
      app.authorizeUrl({ ...everything, prompt: 'select_account consent' }),
    )
    const [button] = choice.root.querySelectorAll('button[name=account]')
    const consent = await browser.submitAndFollow(choice, {
      account: button?.getAttribute('value') ?? '',
    })
    expect((await browser.submit(consent, { decision: 'deny' })).location).toContain(STATE)
    expect(browser.answers.length).toBeGreaterThan(12)
    expectToFit(browser)
  })

  it('without a page, and by POST', async () => {
    const browser = new Recorder()
    const silent = await browser.open(app.authorizeUrl({ ...everything, prompt: 'none' }))
    expect(silent.status).toBe(303)
    expect(silent.location).toContain(STATE)
    const [path, query] = app.authorizeUrl(everything).split('?')
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const moved = await browser.open(path ?? '', { method: 'POST', body: query ?? '', headers })
    expect(moved.location).toContain(STATE)
    expectToFit(browser)
  })
})
