// An issuer on plain http in a local network, which operators allow by name: browsers take it for no safe place, so they
// keep no secure cookie of it and say little of where a form comes from.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { answerForHttpsApps } from '../support/https-apps.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { Visitor } from '../support/visitor.ts'
import { WEB_APP } from '../support/world.ts'

const ISSUER = 'http://auth.lan.test'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  server = await startTestServer('sqlite', { publicIssuer: ISSUER })
  const { host } = new URL(server.url)
  browser = await launchChromium([`--host-resolver-rules=MAP auth.lan.test ${host}`])
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

it('field 27: signs people in, keeps them so, and takes no form of another site', async () => {
  const visitor = await Visitor.in(await browser.newContext())
  await answerForHttpsApps(visitor.page)
  const app = new TestApp({ issuer: ISSUER }, WEB_APP)
  await visitor.open(app.authorizeUrl())
  await visitor.signIn('ada')
  await visitor.press('Allow')
  expect(await visitor.arrivesAtApp()).toMatchObject({ iss: ISSUER, state: 'state-1' })
  await visitor.open(app.authorizeUrl({ prompt: 'none' }))
  expect(await visitor.arrivesAtApp()).toHaveProperty('code')
  for (const cookie of await visitor.page.context().cookies()) {
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', domain: 'auth.lan.test' })
  }

  await visitor.open('https://evil.example/')
  await visitor.page.setContent(
    `<form method="post" action="${ISSUER}/sign-out/confirm"><button>Win</button></form>`,
  )
  await visitor.press('Win')
  await visitor.page.waitForURL(`${ISSUER}/**`)
  expect(await visitor.page.locator('.developer').textContent()).toContain('cross_site_post')
  await visitor.leave()
})
