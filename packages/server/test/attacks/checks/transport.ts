// Attacks below the parameters: size, header splitting, forged hosts, other origins, caches, framing, spellings of a path.

import { gzipSync } from 'node:zlib'
import { TestBrowser } from '../../support/browser.ts'
import { sendBytes, sendRequest } from '../../support/http-request.ts'
import { getAnswer } from '../../support/test-app.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'
import { credentialsOf } from './requests.ts'

const FORM = 'application/x-www-form-urlencoded'
const GRANT = 'grant_type=client_credentials'
const SPLIT = 'a\r\nset-cookie: evil=1\r\n\r\n<script>'
const MEBIBYTE = 1024 ** 2

/** Short enough for every limit; a parser that goes back over it again and again takes minutes. */
const COSTLY_LENGTH = 3_000
const COSTLY_PIECES = ['a', ' ', 'a ', '%', '.', 'a.', 'en;q=0.1,', '/', 'https://', '@', '"', '\\']
/** Of work of the process, in which the server may run, too. */
const MOST_MICROSECONDS = 2_000_000

const FORGED_HOST = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-prefix': '/evil',
  'x-original-url': '/evil',
  forwarded: 'for=203.0.113.7;host=evil.example;proto=https',
}

const FOREIGN_ORIGINS = [
  'null',
  'https://evil.example',
  'https://app.example.evil.example',
  'https://evilapp.example',
  'http://app.example',
  'file://',
]

const FRAMINGS: Readonly<Record<string, string>> = {
  'length and chunks': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'chunks and length': 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  'two lengths': 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde',
  'the same length twice': 'Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde',
  'a list of lengths': 'Content-Length: 5, 5\r\n\r\nabcde',
  'a signed length': 'Content-Length: +5\r\n\r\nabcde',
  'a negative length': 'Content-Length: -5\r\n\r\nabcde',
  'a hexadecimal length': 'Content-Length: 0x5\r\n\r\nabcde',
  'a length beyond numbers': `Content-Length: ${'9'.repeat(40)}\r\n\r\nabcde`,
  'another transfer encoding': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'chunks inside something': 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'chunks twice': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a vertical tab': 'Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n',
  'a chunk of no size': 'Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n',
  'a bare line feed': 'X: a\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nabcde',
  'a bare carriage return': 'X: a\rContent-Length: 5\r\n\r\nabcde',
  'a folded header': 'X: a\r\n b\r\nContent-Length: 5\r\n\r\nabcde',
  'a space before the colon': 'Content-Length : 5\r\n\r\nabcde',
  'a NUL': 'X: a\0b\r\nContent-Length: 5\r\n\r\nabcde',
  'a header without a colon': 'Content-Length\r\nX: 5\r\n\r\nabcde',
}

export const TRANSPORT_CHECKS: readonly Check[] = [
  {
    row: 'E4',
    title: 'a body of two megabytes, of JSON without end or of compressed zeros is refused',
    async run(scene, witness) {
      const bomb = gzipSync(Buffer.alloc(32 * MEBIBYTE, 'a'))
      const bodies = {
        'two megabytes': { body: `${GRANT}&x=${'a'.repeat(2 * MEBIBYTE)}` },
        'deep JSON': { body: '['.repeat(100_000), headers: { 'content-type': 'application/json' } },
        'a gzip bomb': { body: bomb, headers: { 'content-encoding': 'gzip' } },
      }
      for (const [what, { body, ...more }] of Object.entries(bodies)) {
        const headers = { ...('headers' in more ? more.headers : {}) }
        // Whoever is refused in the middle of a request may find the connection reset.
        const status = await post(scene, { body, headers }).then(
          (answer) => answer.status,
          () => 'the connection is cut',
        )
        const isRefused = typeof status === 'string' || (status >= 400 && status < 500)
        witness.sees(what, isRefused, `${status}`)
      }
    },
  },
  {
    row: 'E5',
    title: 'a text that costs a parser much is answered before a slow one would be',
    async run(scene, witness) {
      for (const piece of COSTLY_PIECES) {
        const text = piece.repeat(Math.ceil(COSTLY_LENGTH / piece.length))
        const startedAt = process.cpuUsage()
        const encoded = encodeURIComponent(text)
        const answers = await Promise.all([
          post(scene, { body: `${GRANT}&scope=${encoded}` }),
          post(scene, { body: GRANT, headers: { authorization: `Basic ${text.trim()}` } }),
          sendRequest(scene.web.authorizeUrl({ redirect_uri: text, scope: text })),
          sendRequest(scene.target.endpoints.metadata, { headers: { 'accept-language': text } }),
        ])
        const { user } = process.cpuUsage(startedAt)
        const statuses = answers.map(({ status }) => status)
        const isSound = statuses.every((status) => status < 500) && user < MOST_MICROSECONDS
        const seen = isSound ? 'answered' : `${statuses}, ${Math.round(user / 1000)} ms of work`
        witness.sees(JSON.stringify(piece), isSound, seen)
      }
    },
  },
  {
    row: 'E6',
    title: 'line ends in parameters are in no header',
    async run(scene, witness) {
      const answers = {
        state: sendRequest(scene.web.authorizeUrl({ state: SPLIT, prompt: 'none' })),
        scope: sendRequest(scene.web.authorizeUrl({ scope: SPLIT, prompt: 'none' })),
        'redirect URI': sendRequest(scene.web.authorizeUrl({ redirect_uri: SPLIT })),
        'grant type': post(scene, { body: `grant_type=${encodeURIComponent(SPLIT)}` }),
        'scope of a token': post(scene, { body: `${GRANT}&scope=${encodeURIComponent(SPLIT)}` }),
      }
      for (const [what, asked] of Object.entries(answers)) {
        const { headers, status } = await asked
        const cookies = headers['set-cookie'] ?? []
        const isSplit = cookies.some((cookie) => cookie.startsWith('evil='))
        witness.sees(what, !isSplit && status < 500, `${status}`)
      }
    },
  },
  {
    row: 'E6',
    title: 'no line of the log is of the sender making',
    needs: ['log'],
    async run(scene, witness) {
      const { target } = scene
      const before = target.readLog?.().length ?? 0
      const forged = '\n{"level":"error","msg":"forged"}\n'
      await post(scene, { body: `${GRANT}&scope=${encodeURIComponent(forged)}` })
      await scene.app({ ...target.apps.machine, id: forged }).token({ grant_type: 'x' })
      await sendRequest(scene.web.authorizeUrl({ redirect_uri: forged }))
      const lines = (target.readLog?.() ?? '').slice(before).split('\n')
      witness.given('something is logged', lines.length > 1)
      const isForged = lines.some((line) => line.startsWith('{"level":"error","msg":"forged"}'))
      witness.sees('no forged line', !isForged)
    },
  },
  {
    row: 'B19',
    title: 'no code, token or secret is in the log',
    needs: ['log'],
    async run(scene, witness) {
      const { target, web } = scene
      const { code, verifier } = await web.obtainCode()
      const { body } = await web.redeem(code, verifier)
      const log = target.readLog?.() ?? ''
      const { access_token: access, refresh_token: refresh } = body
      const secrets = { code, verifier, access, refresh, secret: web.client.secret ?? '-' }
      for (const [what, secret] of Object.entries(secrets)) {
        witness.sees(`no ${what}`, !log.includes(secret))
      }
    },
  },
  {
    row: 'B19',
    title: 'what is answered tells no other site where the browser came from',
    needs: ['security headers'],
    async run(scene, witness) {
      const { web, target } = scene
      const error = await web.open({ redirect_uri: 'https://evil.example/cb' })
      const done = await web.open({ prompt: 'none' }, await scene.browser())
      const question = await (await scene.signIn()).openAndFollow(target.endpoints.signOut)
      for (const [what, page] of Object.entries({ error, done, question })) {
        const policy = page.headers.get('referrer-policy') ?? ''
        const isClosed = ['no-referrer', 'same-origin', 'strict-origin'].includes(policy)
        witness.sees(what, isClosed, policy || 'no policy')
      }
    },
  },
  {
    row: 'E7',
    title: 'the issuer is the configured one, whatever the request says',
    async run(scene, witness) {
      const { metadata } = scene.target.endpoints
      const expected = (await getAnswer(metadata)).text
      for (const [name, value] of Object.entries(FORGED_HOST)) {
        const answer = await sendRequest(metadata, { headers: { [name]: value } })
        const isSame = answer.text === expected
        witness.sees(name, isSame, isSame ? 'the same metadata' : `${name} changes the metadata`)
      }
    },
  },
  {
    row: 'E7',
    title: 'no page or redirect leads to a forged host',
    async run(scene, witness) {
      const { issuer } = scene.target
      for (const [name, value] of Object.entries(FORGED_HOST)) {
        const answer = await sendRequest(scene.web.authorizeUrl(), { headers: { [name]: value } })
        const isClean = !`${answer.headers.location} ${answer.text}`.includes('evil')
        witness.sees(name, isClean, isClean ? 'nothing of it' : `${name} is used`)
      }
      const moved = await new TestBrowser().openAndFollow(scene.web.authorizeUrl())
      witness.given('the page itself', moved.url.startsWith(issuer) && moved.status === 200)
    },
  },
  {
    row: 'E7',
    title: 'two Host headers are refused',
    needs: ['own HTTP server'],
    async run({ target }, witness) {
      const { host, pathname } = new URL(target.endpoints.jwks)
      const lines = [`GET ${pathname} HTTP/1.1`, `Host: ${host}`, 'Host: evil.example']
      const bytes = [...lines, 'Connection: close', '', ''].join('\r\n')
      const { text } = await sendBytes(target.issuer, bytes)
      const [first = ''] = text.split('\r\n')
      witness.sees('two hosts', / 4\d\d /.test(first), first)
    },
  },
  {
    row: 'E8',
    title: 'other origins may not read the answers of the token endpoint',
    async run(scene, witness) {
      for (const origin of FOREIGN_ORIGINS) {
        const headers = { origin }
        const answers = [
          await post(scene, { body: GRANT, headers }),
          await sendRequest(scene.web.authorizeUrl({ prompt: 'none' }), { headers }),
        ]
        for (const answer of answers) {
          const allowed = answer.headers['access-control-allow-origin']
          witness.sees(origin, allowed === undefined, allowed ?? 'closed')
        }
      }
    },
  },
  {
    row: 'E8',
    title: 'nor does an app that was registered learn more when the cookies of the user come along',
    async run(scene, witness) {
      const { token, userinfo } = scene.target.endpoints
      const { origin } = new URL(scene.spa.client.redirectUri)
      const { cookies } = await scene.signIn()
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      witness.given('cookies of a signed-in user', cookies.size > 0)
      const headers = { origin, cookie, 'content-type': FORM }
      const answers = [
        await sendRequest(userinfo, { headers: { origin, cookie } }),
        await sendRequest(token, { method: 'POST', headers, body: GRANT }),
      ]
      for (const answer of answers) {
        witness.sees('only cookies', answer.status >= 400, String(answer.status))
        const set = answer.headers['set-cookie']
        witness.sees('new cookies', set === undefined, String(set ?? 'none'))
      }
    },
  },
  {
    row: 'E9',
    title: 'tokens, codes and refusals are kept by no cache',
    async run(scene, witness) {
      const { introspect } = scene.target.endpoints
      const answers = {
        tokens: post(scene, { body: GRANT }),
        'a refusal': post(scene, { body: 'grant_type=x' }),
        'an introspection': post(scene, { url: introspect, body: 'token=x' }),
        'an answer to an app': sendRequest(scene.web.authorizeUrl({ prompt: 'none' })),
      }
      for (const [what, asked] of Object.entries(answers)) {
        const control = (await asked).headers['cache-control'] ?? ''
        const isKept = !control.includes('no-store')
        witness.sees(what, !isKept, isKept ? `${what}: ${control || 'nothing said'}` : 'no-store')
      }
    },
  },
  {
    row: 'E12',
    title: 'a request of ambiguous length is refused, and the connection ends',
    async run({ target }, witness) {
      const { host, pathname } = new URL(target.endpoints.token)
      const start = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${FORM}\r\n`
      const smuggled = 'GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n'
      for (const [what, framing] of Object.entries(FRAMINGS)) {
        const { text, closed } = await sendBytes(target.issuer, `${start}${framing}${smuggled}`)
        const answers = text.match(/HTTP\/1\.1 \d+/g) ?? []
        const isRefused = answers.length === 1 && / 4\d\d$/.test(answers[0] ?? '') && closed
        witness.sees(what, isRefused, answers.join(' and ') || 'no answer')
      }
    },
  },
  {
    row: 'E14',
    title: 'another spelling of its path is never a way around the token endpoint',
    async run(scene, witness) {
      const { token } = scene.target.endpoints
      const { pathname } = new URL(token)
      const encoded = `/%${pathname.charCodeAt(1).toString(16)}${pathname.slice(2)}`
      for (const path of [
        `/${pathname}`,
        encoded,
        `${pathname};x`,
        `/x/..${pathname}`,
        `${pathname}%00`,
        `${pathname}%2f`,
        `/.well-known/..%2f${pathname.slice(1)}`,
      ]) {
        // Without credentials: what lies behind another spelling must still ask for them.
        const answer = await sendRequest(scene.target.issuer, {
          path,
          method: 'POST',
          headers: { 'content-type': FORM },
          body: `${GRANT}&client_id=${scene.target.apps.machine.id}`,
        })
        const isRefused = answer.status >= 400 && answer.status < 500
        witness.sees(path, isRefused, `${answer.status}`)
      }
    },
  },
  {
    row: 'E15',
    title: 'a refusal tells nothing of how the server is made',
    async run(scene, witness) {
      const leaks = /\bat .*\(.*:\d+:\d+\)|node_modules|select |insert |sqlite|postgres|errno/i
      const answers = {
        'unknown path': sendRequest(`${scene.target.issuer}/nothing`),
        'no grant': post(scene, { body: '' }),
        'bad client': sendRequest(scene.web.authorizeUrl({ client_id: '\u{1f4a9}' })),
        'bad path': sendRequest(scene.target.issuer, { path: '/%zz' }),
        'bad cookie': sendRequest(scene.web.authorizeUrl({ prompt: 'none' }), {
          headers: { cookie: '=; ;;=x; a=%' },
        }),
      }
      for (const [what, asked] of Object.entries(answers)) {
        const { status, text } = await asked
        witness.sees(what, status < 500 && !leaks.test(text), `${status}`)
      }
    },
  },
]

interface RawRequest {
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly url?: string
}

function post(scene: Scene, { body, headers = {}, url }: RawRequest) {
  return sendRequest(url ?? scene.target.endpoints.token, {
    method: 'POST',
    headers: { ...credentialsOf(scene), 'content-type': FORM, ...headers },
    body,
  })
}
