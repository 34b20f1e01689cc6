// The costliest 16 KB in each field of each endpoint of every contract, beside a plain text of the same length. What one
// request may cost is bounded by what it is, whatever is in it: a limit by address does not help against a single one.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { maxLengthOf } from '../../src/protocol/lengths.ts'
import { AccountHolder } from '../support/account-holder.ts'
import { startContract } from '../support/any-contract.ts'
import { type BrowserPage, defaultFields, TestBrowser } from '../support/browser.ts'
import { BAIT_NAMES, costlyText, costRatio, plainText } from '../support/costly-texts.ts'
import { sendRequest } from '../support/http-request.ts'
import type { TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { FORM, JSON_TYPE } from '../support/vendor-client.ts'

const BYTES = 16 * 1024
const MOST = 10

/** A place that takes texts from strangers: one request with this text in this field. */
interface Place {
  readonly fields: readonly string[]
  send(field: string, text: string): Promise<unknown>
}

const CLIENT = ['client_id', 'client_secret', 'client_assertion', 'made_up']
const OF_TOKEN = [
  ...['grant_type', 'code', 'code_verifier', 'redirect_uri', 'refresh_token', 'username'],
  ...['password', 'scope', 'resource', 'subject_token', 'subject_token_type', ...CLIENT],
]
const OF_AUTHORIZE = [
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce'],
  ...['prompt', 'max_age', 'ui_locales', 'login_hint', 'code_challenge', 'resource', 'made_up'],
  ...['code_challenge_method', 'id_token_hint', 'request', 'request_uri'],
]
const HEADERS = ['authorization', 'cookie', 'accept-language', 'origin', 'user-agent', 'x-version']

/** As few bytes on the way as can be: only what would end the value is encoded. */
const raw = (text: string) => text.replace(/[%&+=#]/g, encodeURIComponent)
const form = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${raw(value)}`)
    .join('&')
/** Percent-encoded a text grows, and a URL may have only so many bytes. */
const query = (field: string, text: string) =>
  `${field}=${encodeURIComponent(text)}`.slice(0, BYTES)

const post = (url: string, body: string, headers = FORM) =>
  sendRequest(url, { method: 'POST', body, headers })

function tokenPlaces(server: TestServer): Record<string, Place> {
  const { issuer, paths, apps } = server
  const { id, secret = '' } = apps.webApp
  const credentials = { client_id: id, client_secret: secret }
  const good = { ...credentials, grant_type: 'authorization_code', code: 'x' }
  const asForm = (path: string, fields: object) => (field: string, text: string) =>
    post(issuer + path, form({ ...fields, [field]: text }))
  const asJson = (path: string, fields: object) => (field: string, text: string) =>
    post(issuer + path, JSON.stringify({ ...fields, [field]: text }), JSON_TYPE)
  const ofToken = ['token', 'token_type_hint', ...CLIENT]
  const { token, revoke, introspect, applicationKeyToken: exchange } = paths
  return {
    ...(token !== undefined && {
      token: { fields: OF_TOKEN, send: asForm(token, good) },
      'token in JSON': { fields: OF_TOKEN, send: asJson(token, good) },
      'token for a password': {
        fields: ['username', 'password'],
        // Longer than any password: so no time goes into its hash, beside which the rest would not be seen.
        send: asForm(token, { ...good, grant_type: 'password', username: 'u', password: LONG }),
      },
    }),
    ...(revoke !== undefined && { revoke: { fields: ofToken, send: asForm(revoke, credentials) } }),
    introspect: { fields: ofToken, send: asForm(introspect, credentials) },
    ...(exchange !== undefined && {
      exchange: {
        fields: ['jwt', 'organisation', 'unit', 'made_up'],
        send: asJson(exchange, { organisation: 'acme' }),
      },
      'exchange of an identifier': {
        fields: ['authentication_code', 'identifier', 'pass_code'],
        send: (field, text) =>
          asJson(exchange, {})('access_token_identifier', {
            ...{ identifier: 'i', pass_code: LONG, [field]: text },
          } as never),
      },
    }),
  }
}

const LONG = 'x'.repeat(300)

function headerPlace({ issuer, paths }: TestServer): Place {
  const url = `${issuer}${paths.token ?? paths.applicationKeyToken}`
  return {
    fields: HEADERS,
    send: (field, text) => {
      // What a header cannot hold is not sent; a browser sends UTF-8 as such.
      const value = Buffer.from(text.replace(/[\r\n\u0001]/g, ' ')).toString('latin1')
      return post(url, 'grant_type=x', { ...FORM, [field]: value.slice(0, BYTES) })
    },
  }
}

async function pagePlaces(server: TestServer): Promise<Record<string, Place>> {
  const { issuer, paths } = server
  if (paths.authorize === undefined) return {}
  const browser = new TestBrowser()
  const app = new TestApp(server, server.apps.webApp)
  const signIn = await browser.openAndFollow(app.authorizeUrl())
  const account = await browser.openAndFollow(`${issuer}/account/sign-in`)
  const send = (page: BrowserPage) => (field: string, text: string) => {
    const found = page.root.querySelector('form')
    if (!found) throw new Error(`no form at ${page.url}`)
    const fields = { ...Object.fromEntries(defaultFields(found)), username: 'u', password: LONG }
    const url = new URL(found.getAttribute('action') ?? '', page.url).href
    const headers = { ...FORM, 'sec-fetch-site': 'same-origin' }
    return browser.open(url, { method: 'POST', body: form({ ...fields, [field]: text }), headers })
  }
  const get = (path: string) => (field: string, text: string) =>
    sendRequest(`${issuer}${path}?${query(field, text)}`)
  const ofForm = ['username', 'password', 'interaction', 'token', 'made_up']
  return {
    authorize: {
      fields: OF_AUTHORIZE,
      send: (field, text) =>
        sendRequest(`${app.authorizeUrl({ [field]: '' })}&${query(field, text)}`),
    },
    'the sign-in page': { fields: ofForm, send: send(signIn) },
    'the sign-in page of the account': { fields: ofForm, send: send(account) },
    'sign-out': {
      fields: ['post_logout_redirect_uri', 'id_token_hint', 'client_id', 'state', 'ui_locales'],
      send: get(paths.signOut),
    },
    ...(await portalPlaces(server)),
    'connected apps': { fields: ['done', 'client', 'organisation'], send: get('/account/apps') },
  }
}

async function portalPlaces(server: TestServer): Promise<Record<string, Place>> {
  if (!server.tenant.rules.selfService) return {}
  const holder = await AccountHolder.signedIn(server, 'ada')
  const page = await holder.open('/developers/new')
  const found = page.root.querySelectorAll('form').find((each) => defaultFields(each).length > 1)
  if (!found) throw new Error('no form for a new app')
  const fields = Object.fromEntries(defaultFields(found))
  const url = new URL(found.getAttribute('action') ?? '', page.url).href
  const headers = { ...FORM, 'sec-fetch-site': 'same-origin' }
  return {
    'a new app': {
      fields: ['name', 'redirect_uris', 'type', 'organisation', 'token'],
      // Without a type it is refused with all that is wrong, and nothing is registered.
      send: (field, text) => {
        const body = form({ ...fields, name: 'n', type: '', [field]: text })
        return holder.browser.open(url, { method: 'POST', body, headers })
      },
    },
  }
}

describe.each(CONTRACT_NAMES)('E18: the costliest text in a request to %s', (contract) => {
  let server: TestServer
  let places: Record<string, Place>
  /** What the plain texts took. */
  const known = new Map<string, number>()
  beforeAll(async () => {
    server = await startContract('sqlite', contract)
    places = {
      ...tokenPlaces(server),
      ...(await pagePlaces(server)),
      headers: headerPlace(server),
    }
  })
  afterAll(() => server?.stop())

  it.each(BAIT_NAMES)('costs at most ten times the plain one: %s', async (bait) => {
    const tooMuch: string[] = []
    for (const [name, { fields, send }] of Object.entries(places)) {
      for (const field of fields) {
        // What is too long is refused unread; the longest that is read may not cost more either.
        for (const bytes of new Set([BYTES, Math.min(BYTES, maxLengthOf(field))])) {
          const [plain, costly] = [plainText(bytes), costlyText(bait, bytes)]
          const requests = { plain: () => send(field, plain), costly: () => send(field, costly) }
          const what = `${name}, ${field}, ${bytes}`
          const measured = await costRatio(requests, MOST, known.get(what))
          known.set(what, measured.plain)
          if (measured.ratio > MOST) tooMuch.push(`${what}: ${measured.ratio.toFixed(1)} times`)
        }
      }
    }
    expect(tooMuch).toEqual([])
  })
})
