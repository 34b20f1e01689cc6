// The attacks that concern the form of requests, against a tenant of every contract: each reads what its documentation
// says, and nothing else.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { startContract } from '../support/any-contract.ts'
import { STORES, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { ask, FORM, JSON_TYPE, post, type VendorAnswer } from '../support/vendor-client.ts'

type Encoding = 'form' | 'json'

/** An endpoint that apps or APIs POST to. */
interface Place {
  readonly path: string
  readonly encodings: readonly Encoding[]
}

interface Sent {
  readonly path: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const JSON_CONTRACTS = ['json-api', 'financial-cents']
const TYPES: Readonly<Record<Encoding, Sent['headers']>> = { form: FORM, json: JSON_TYPE }
const NAMES = ['client_id', 'token', 'grant_type', 'made_up']

const toForm = (fields: object) => new URLSearchParams({ ...fields }).toString()

/** @param bodies what is sent in each encoding that the place reads */
function sentTo(
  { path, encodings }: Place,
  bodies: Readonly<Record<Encoding, readonly string[]>>,
): Sent[] {
  return encodings.flatMap((encoding) =>
    bodies[encoding].map((body) => ({ path, body, headers: TYPES[encoding] })),
  )
}

describe.each(STORES)('requests on %s', (kind) => {
  describe.each(CONTRACT_NAMES)('to %s', (contract) => {
    let server: TestServer
    let places: readonly Place[]
    let good: Readonly<Record<string, string>>

    beforeAll(async () => {
      server = await startContract(kind, contract)
      const { token, revoke, introspect, applicationKeyToken } = server.paths
      const encodings: Encoding[] = JSON_CONTRACTS.includes(contract) ? ['form', 'json'] : ['form']
      places = [
        ...[token, revoke].flatMap((path) => (path === undefined ? [] : [{ path, encodings }])),
        { path: introspect, encodings: ['form'] },
        ...(applicationKeyToken === undefined
          ? []
          : [{ path: applicationKeyToken, encodings: ['json'] as const }]),
      ]
      good = {
        client_id: server.apps.webApp.id,
        client_secret: server.apps.webApp.secret ?? '',
        grant_type: 'refresh_token',
        refresh_token: 'x',
        token: 'x',
      }
    })
    afterAll(() => server?.stop())

    const send = ({ path, body, headers }: Sent) => post(server.issuer + path, body, headers)

    function expectMalformed({ status, body }: VendorAnswer, what: string): void {
      expect(status, what).toBe(400)
      // In whichever form the contract has it.
      const code: string = body?.error ?? body?.status?.code
      expect(code.toLowerCase(), what).toBe('invalid_request')
    }

    async function expectAllMalformed(requests: readonly Sent[]): Promise<void> {
      for (const request of requests) {
        expectMalformed(await send(request), `${request.path} ${request.body.slice(0, 80)}`)
      }
    }

    it('E1: a parameter that is given twice is refused', async () => {
      const requests = places.flatMap((place) =>
        sentTo(place, {
          form: NAMES.map((name) => `${toForm(good)}&${name}=1&${name}=1`),
          json: NAMES.flatMap((name) => [
            `{"${name}":"1","x":"1","${name}":"1"}`,
            `{"${name}":"1","\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":"1"}`,
          ]),
        }),
      )
      await expectAllMalformed(requests)
    })

    it('E1: URL and body do not share the parameters', async () => {
      const requests = places.flatMap(({ path, encodings }) =>
        sentTo(
          { path: `${path}?client_id=${good.client_id}`, encodings },
          { form: [toForm(good)], json: [JSON.stringify(good)] },
        ),
      )
      await expectAllMalformed(requests)
    })

    it('E1: a parameter that is given twice to the authorization endpoint gets a page', async () => {
      if (server.paths.authorize === undefined) return
      const url = new TestApp(server, server.apps.webApp).authorizeUrl()
      for (const name of ['client_id', 'redirect_uri', 'state', 'scope', 'prompt', 'x']) {
        const { status, headers } = await ask(`${url}&${name}=x&${name}=x`)
        expect([status, headers.location], name).toEqual([400, undefined])
        expect(headers['content-type']).toBe('text/html; charset=utf-8')
      }
    })

    it('E2: a list, an object or a truth value is no parameter', async () => {
      // A number is its digits and null is nothing, as old systems send them.
      const values = ['["a"]', '{"$gt":""}', '1.5', 'true', '[]']
      const requests = places.flatMap((place) =>
        sentTo(place, {
          form: [],
          json: [
            ...values.map((value) => JSON.stringify({ ...good, token: '?' }).replace('"?"', value)),
            ...['[]', '"x"', 'null', '1', '{', '{"a":1', '{}{}', '[{}]'],
            `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
          ],
        }),
      )
      await expectAllMalformed(requests)
    })

    it('E2: a name with brackets or dots stands in for no other', async () => {
      for (const place of places.filter(({ encodings }) => encodings.includes('form'))) {
        for (const ending of ['[]', '[0]', '[$ne]', '.x', '%00']) {
          const fields = Object.entries(good).map(([name, value]) => [name + ending, value])
          const body = toForm(Object.fromEntries(fields))
          const { status } = await send({ ...place, body, headers: FORM })
          expect([400, 401], `${place.path} ${ending}`).toContain(status)
        }
      }
    })

    it('E3: no JSON reaches a prototype', async () => {
      const readMetadata = () => ask(`${server.issuer}/.well-known/oauth-authorization-server`)
      const before = await readMetadata()
      const credentials = JSON.stringify(good)
      for (const { path } of places) {
        for (const body of [
          '{"__proto__":{"polluted":"1"}}',
          '{"constructor":{"prototype":{"polluted":"1"}}}',
          `{"__proto__":${credentials}}`,
          `{"__proto__":"x","polluted":"1"}`,
        ]) {
          const { status } = await send({ path, body, headers: JSON_TYPE })
          expect([400, 401], `${path} ${body}`).toContain(status)
        }
      }
      // The server runs in this process: what it polluted would show here.
      expect({}).not.toHaveProperty('polluted')
      expect({}).not.toHaveProperty('client_secret')
      expect((await readMetadata()).text).toBe(before.text)
    })

    it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE'])(
      'E10: %s is not POST, whatever another header says',
      async (method) => {
        for (const { path } of places) {
          const { status, headers } = await ask(`${server.issuer}${path}?${toForm(good)}`, {
            method,
            headers: { 'x-http-method-override': 'POST', 'x-method-override': 'POST' },
          })
          expect([status, headers.allow], path).toEqual([405, 'POST'])
        }
      },
    )

    it('E10: parameters of a POST count in the URL where the contract has it so, and nowhere else', async () => {
      const { token, revoke } = server.paths
      for (const { path } of places) {
        const answer = await send({ path: `${path}?${toForm(good)}`, body: '', headers: {} })
        const isAllowed = contract === 'financial-cents' && [token, revoke].includes(path)
        if (!isAllowed) expectMalformed(answer, path)
        else expect(answer.body.error).toBe(path === token ? 'invalid_grant' : undefined)
      }
    })

    it('E11: a body of another type than the documented ones is refused', async () => {
      const types = [
        'text/plain',
        'text/json',
        'multipart/form-data; boundary=x',
        'application/jsonp',
        'application/x-www-form-urlencoded, application/json',
        'garbage',
        '',
      ]
      const requests = places.flatMap(({ path, encodings }) => {
        const others = (['form', 'json'] as const).filter((each) => !encodings.includes(each))
        const headers = [
          ...types.map((type) => ({ 'content-type': type })),
          ...others.map((encoding) => TYPES[encoding]),
          ...encodings.map((encoding) => ({ ...TYPES[encoding], 'content-encoding': 'gzip' })),
          {},
        ]
        return headers.flatMap((each) =>
          [toForm(good), JSON.stringify(good)].map((body) => ({ path, body, headers: each })),
        )
      })
      await expectAllMalformed(requests)
    })
  })
})
