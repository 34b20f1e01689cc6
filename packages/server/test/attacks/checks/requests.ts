// Attacks with the parts of a request: repeated and nested parameters, other formats, encodings, methods, SQL.

import { sendRequest } from '../../support/http-request.ts'
import { basic, postForm, readAnswer } from '../../support/test-app.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'

const FORM = 'application/x-www-form-urlencoded'
const GOOD = 'grant_type=client_credentials&token=x'

const MALFORMED: Readonly<Record<string, string>> = {
  'a byte that is no UTF-8': '%ff',
  'a cut-off sequence': '%e2%82',
  'an overlong slash': '%c0%af',
  'a surrogate': '%ed%a0%80',
  'beyond Unicode': '%f4%90%80%80',
  NUL: '%00',
  'half an escape': '%',
  'an escape of nothing': '%zz',
}

const INJECTIONS = [
  `' or '1'='1`,
  `' or 1=1 --`,
  `'; drop table clients; --`,
  `') union select * from client_secrets --`,
  '1; select pg_sleep(5)',
  '{"$ne":null}',
  '$1',
]

export const REQUEST_CHECKS: readonly Check[] = [
  {
    row: 'E1',
    title: 'a repeated parameter is refused at the endpoints of apps',
    async run(scene, witness) {
      const { token, revoke, introspect } = scene.target.endpoints
      for (const [url, body] of [
        [token, 'grant_type=client_credentials&grant_type=client_credentials'],
        [token, 'grant_type=client_credentials&scope=a&scope=b'],
        [token, 'grant_type=client_credentials&client_id=x&client_id=y'],
        [revoke, 'token=x&token=y'],
        [introspect, 'token=x&token=y'],
      ] as const) {
        witness.refused(body, await post(scene, url, { body }), 'invalid_request')
      }
    },
  },
  {
    row: 'E1',
    title: 'a repeated parameter of an authorization request is refused',
    async run(scene, witness) {
      const url = new URL(scene.web.authorizeUrl())
      for (const name of new Set(url.searchParams.keys())) {
        const page = await (await scene.browser()).open(`${url}&${name}=other`)
        witness.tellsApp(name, page, 'page', 'invalid_request')
      }
    },
  },
  {
    row: 'E1',
    title: 'credentials and grants are not read from the URL',
    async run(scene, witness) {
      const { machine } = scene.target.apps
      const { token } = scene.target.endpoints
      const credentials = `client_id=${machine.id}&client_secret=${machine.secret}`
      const inUrl = await postForm(`${token}?${credentials}`, { grant_type: 'client_credentials' })
      witness.refused('credentials', inUrl, 'invalid_request')
      const grant = await post(scene, `${token}?grant_type=client_credentials`, { body: 'x=1' })
      witness.refused('grant', grant, 'invalid_request')
    },
  },
  {
    row: 'E2',
    title: 'a name with brackets or dots stands in for no other',
    async run(scene, witness) {
      const { token } = scene.target.endpoints
      for (const name of ['grant_type[]', 'grant_type[0]', 'grant_type[$ne]', 'grant_type.x']) {
        const answer = await post(scene, token, { body: `${name}=client_credentials` })
        witness.refused(name, answer, 'invalid_request')
      }
      const polluted = await post(scene, token, {
        body: '__proto__[grant_type]=client_credentials&constructor[prototype][grant_type]=x',
      })
      witness.refused('__proto__', polluted, 'invalid_request')
      for (const extra of ['__proto__=1', 'constructor=1', 'hasOwnProperty=1', 'toString=1']) {
        const { status } = await post(scene, token, { body: `${GOOD}&${extra}` })
        witness.sees(extra, status === 200 || status === 400, `${extra} ${status}`)
      }
    },
  },
  {
    row: 'E3',
    title: 'no JSON reaches a prototype',
    async run(scene, witness) {
      const before = await (await fetch(scene.target.endpoints.metadata)).text()
      for (const [where, url] of endpointsOf(scene)) {
        for (const body of [
          '{"__proto__":{"polluted":1,"grant_type":"client_credentials"}}',
          '{"constructor":{"prototype":{"grant_type":"client_credentials"}}}',
        ]) {
          const answer = await post(scene, url, { body, type: 'application/json' })
          witness.refused(where, answer, 'invalid_request')
        }
      }
      const after = await (await fetch(scene.target.endpoints.metadata)).text()
      witness.sees('the metadata is as before', after === before)
      const bare = await post(scene, scene.target.endpoints.token, { body: 'x=1' })
      witness.refused('no grant appears', bare, 'invalid_request')
    },
  },
  {
    row: 'E10',
    title: 'the endpoints of apps are for POST alone, whatever a header says',
    async run(scene, witness) {
      for (const [where, url] of endpointsOf(scene)) {
        for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
          const headers = { ...credentialsOf(scene), 'x-http-method-override': 'POST' }
          const answer = await sendRequest(`${url}?${GOOD}`, { method, headers })
          const isRefused = answer.status === 405 || answer.status === 404
          witness.sees(`${where} ${method}`, isRefused, `${answer.status}`)
        }
      }
    },
  },
  {
    row: 'E10',
    title: 'TRACE sends nothing back of what it was sent',
    async run(scene, witness) {
      for (const [where, url] of endpointsOf(scene)) {
        const headers = { ...credentialsOf(scene), cookie: 'a=hidden' }
        const answer = await sendRequest(url, { method: 'TRACE', headers })
        const { status, text } = answer
        witness.sees(where, status >= 400 && !/hidden|Basic /.test(text), `${status}`)
      }
    },
  },
  {
    row: 'E11',
    title: 'a body of another type than a form is refused',
    async run(scene, witness) {
      for (const type of [
        'application/json',
        'text/plain',
        'multipart/form-data; boundary=x',
        'x',
      ]) {
        for (const [where, url] of endpointsOf(scene)) {
          const answer = await post(scene, url, { body: GOOD, type })
          witness.refused(`${where} ${type}`, answer, 'invalid_request')
        }
      }
    },
  },
  {
    row: 'E13',
    title: 'what is no text is refused, and never a failure of the server',
    async run(scene, witness) {
      const { token } = scene.target.endpoints
      for (const [what, text] of Object.entries(MALFORMED)) {
        for (const body of [`${GOOD}&scope=${text}`, `${GOOD}&${text}=1`]) {
          const { status } = await post(scene, token, { body })
          witness.sees(what, status < 500, `${status}`)
        }
        const asCode = `grant_type=authorization_code&code=${text}&redirect_uri=x`
        witness.refused(what, await post(scene, token, { body: asCode }), 'invalid_request')
        const url = `${scene.web.authorizeUrl({ prompt: 'none' })}&nonce=${text}`
        const { status } = await sendRequest(url)
        witness.sees('authorize', status < 500, `${status}`)
      }
    },
  },
  {
    row: 'E13',
    title: 'nor inside HTTP Basic',
    async run(scene, witness) {
      const { token } = scene.target.endpoints
      for (const [what, text] of Object.entries(MALFORMED)) {
        for (const pair of [`${text}:x`, `${scene.target.apps.machine.id}:${text}`, '\xff:\xff']) {
          const authorization = `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`
          const headers = { authorization }
          witness.refused(what, await post(scene, token, { body: GOOD, headers }), 'invalid_client')
        }
      }
    },
  },
  {
    row: 'E16',
    title: 'SQL is garbage like any other',
    async run(scene, witness) {
      for (const text of INJECTIONS) {
        const guessing = scene.app({ ...scene.target.apps.machine, id: text })
        const byId = await guessing.token({ grant_type: 'client_credentials' })
        witness.refused('client id', byId, 'invalid_client')
        witness.refused('refresh token', await scene.spa.refresh(text), 'invalid_grant')
        const code = await scene.spa.redeem(text, 'a'.repeat(43))
        witness.refused('code', code, 'invalid_grant')
        const { body } = await scene.web.introspect(text)
        witness.sees('introspection', body.active === false, `active ${body.active}`)
        witness.stays('client id', await scene.web.open({ client_id: text }))
      }
      const { status } = await scene.machine.token({ grant_type: 'client_credentials' })
      witness.sees('everything is where it was', status === 200)
    },
  },
]

function endpointsOf({ target }: Scene): [string, string][] {
  const { token, revoke, introspect } = target.endpoints
  return Object.entries({ token, revoke, introspect })
}

export function credentialsOf({ target }: Scene): { authorization: string } {
  const { id, secret = '' } = target.apps.machine
  return { authorization: basic(id, secret) }
}

interface RawBody {
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function post(scene: Scene, url: string, { body, type = FORM, headers = {} }: RawBody) {
  const all = { ...credentialsOf(scene), 'content-type': type, ...headers }
  return readAnswer(await fetch(url, { method: 'POST', body, headers: all, redirect: 'manual' }))
}
