// The whole life of an app on `mister-james`, as its documentation tells it: a person registers it at Settings › API, it
// runs both flows by requests that are written by hand, and the person takes its access away again.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { answerForHttpsApps } from '../support/https-apps.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { basic } from '../support/test-app.ts'
import { ask, FORM, post } from '../support/vendor-client.ts'
import { Visitor } from '../support/visitor.ts'

const OAUTH = '/_utalic_release/oauth/v2.0'
const CALLBACK = 'https://ledgerly.example/callback'
const REDIRECT = `redirect_uri=${encodeURIComponent(CALLBACK)}`
const MONTH_SECONDS = 30 * 86_400

let browser: Browser
let server: TestServer
let visitor: Visitor

beforeAll(async () => {
  ;[server, browser] = await Promise.all([
    startTestServer('sqlite', { contract: 'mister-james', api: true }),
    launchChromium(),
  ])
  visitor = await Visitor.in(await browser.newContext())
  await answerForHttpsApps(visitor.page)
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

const at = (path: string) => server.issuer + path

/** @returns client_id and client_secret, which are shown this one time */
async function register(): Promise<readonly [string, string]> {
  const { page } = visitor
  await visitor.open(at('/developers'))
  await visitor.signIn('ada')
  await page.getByRole('link', { name: 'Register an app' }).click()
  await page.getByLabel('Name of the app').fill('Ledgerly')
  await page.getByLabel('Runs on a server').check()
  await page.getByLabel('Redirect URIs').fill(CALLBACK)
  await visitor.press('Register')
  await visitor.sees('Ledgerly')
  const id = await page.locator('dd code').first().textContent()
  const secret = await page.locator('#new-secret').textContent()
  return [id ?? '', secret ?? '']
}

async function enableTokenGrant(): Promise<void> {
  const { page } = visitor
  const lastDay = new Date((server.clock.nowSeconds() + MONTH_SECONDS) * 1000)
  await page.getByLabel('Why the app still needs it').fill('the extension has no server')
  await page.getByLabel('Last day of the token grant').fill(lastDay.toISOString().slice(0, 10))
  await visitor.press('Switch on')
  await page.getByText('The token grant is on.').waitFor()
}

/** The user allows what they are asked for. @returns the address at which the app finds them again */
async function authorize(query: string, { asked }: { asked: boolean }): Promise<URL> {
  await visitor.open(`${at(OAUTH)}/authorize?${query}&${REDIRECT}&scope=read&state=xyz`)
  if (asked) await visitor.press('Allow')
  await visitor.arrivesAtApp()
  return new URL(visitor.page.url())
}

async function introspect(token: string) {
  const { id, secret = '' } = server.apps.apiServer
  const headers = { ...FORM, authorization: basic(id, secret) }
  return (await post(at('/introspect'), `token=${token}`, headers)).body
}

const callApi = async (token: string) => {
  const headers = { authorization: `Bearer ${token}` }
  return (await ask(at('/_utalic_release/api/v1/me'), { headers })).status
}

/** Introspection knows at once; the API follows the feed, so it takes moments. */
async function expectRefused(token: string): Promise<void> {
  expect(await introspect(token)).toEqual({ active: false })
  await expect.poll(() => callApi(token), { timeout: 10_000 }).toBe(401)
}

it('an app is registered, gets tokens both ways, and loses each of them again', async () => {
  const [id, secret] = await register()
  await enableTokenGrant()
  const credentials = `client_id=${id}&client_secret=${secret}`
  const getTokens = async (asked: boolean) => {
    const back = await authorize(`response_type=code&client_id=${id}`, { asked })
    expect(back.searchParams.get('state')).toBe('xyz')
    const code = back.searchParams.get('code')
    const body = `grant_type=authorization_code&code=${code}&${REDIRECT}&${credentials}`
    const answer = await post(`${at(OAUTH)}/token`, body)
    expect([answer.status, answer.body.token_type]).toEqual([200, 'Bearer'])
    expect(await callApi(answer.body.access_token)).toBe(200)
    return answer.body
  }
  const refresh = (token: string) =>
    post(`${at(OAUTH)}/token`, `grant_type=refresh_token&refresh_token=${token}&${credentials}`)

  // The code flow, a refresh, and the end by the app itself.
  const first = await getTokens(true)
  const second = (await refresh(first.refresh_token)).body
  expect(await callApi(second.access_token)).toBe(200)
  const revoked = await post(`${at(OAUTH)}/revoke`, `token=${second.access_token}&${credentials}`)
  expect(revoked.status).toBe(200)
  expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant')
  await expectRefused(first.access_token)
  await expectRefused(second.access_token)

  // Both flows again, for which the user is asked once more after that, and the end by the user.
  const third = await getTokens(true)
  const back = await authorize(`response_type=token&client_id=${id}`, { asked: false })
  const fragment = new URLSearchParams(back.hash.slice(1))
  expect(fragment.get('state')).toBe('xyz')
  const implicit = fragment.get('access_token') ?? ''
  expect(await callApi(implicit)).toBe(200)
  await visitor.open(at('/account/apps'))
  await visitor.page.getByRole('link', { name: 'Remove Ledgerly' }).click()
  await visitor.press('Remove')
  await visitor.page.getByRole('status').getByText('The app is removed').waitFor()
  expect((await refresh(third.refresh_token)).body.error).toBe('invalid_grant')
  await expectRefused(third.access_token)
  await expectRefused(implicit)
  expect(visitor.alarms).toEqual([])
})

it.each(['en', 'de', 'nl', 'fr', 'el'])(
  'mister-james K "app registration": the page is called Settings › API, in %s as in the documentation',
  async (locale) => {
    const reader = await Visitor.in(await browser.newContext({ locale }))
    const { page } = reader
    await reader.open(at('/developers'))
    await reader.signIn('ada')
    const link = page.getByRole('link', { name: 'Settings › API', exact: true })
    await link.waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe(locale)
    await link.click()
    await page.getByRole('heading', { name: 'Settings › API', level: 1 }).waitFor()
    expect(await page.title()).toMatch(/^Settings › API\b/)
    expect(await link.getAttribute('aria-current')).toBe('true')
    await reader.open(server.issuer)
    await page.getByRole('link', { name: 'Settings › API', exact: true }).waitFor()
    expect(reader.alarms).toEqual([])
  },
)
