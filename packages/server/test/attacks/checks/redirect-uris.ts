// Attacks on redirect URIs: the browser must never be sent to a place that nobody registered.

import type { Check, Witness } from '../check.ts'
import type { Scene } from '../scene.ts'
import { metadataOf } from './metadata.ts'

const REGISTERED = 'https://c.example/cb'
const EVIL = 'https://evil.example/cb'

type Spellings = Readonly<Record<string, string>>

const OTHER_PATHS: Spellings = {
  'a slash at the end': 'https://c.example/cb/',
  'a path that climbs back': 'https://c.example/cb/../x',
  'a path that climbs back and returns': 'https://c.example/x/../cb',
  'a path parameter': 'https://c.example/cb;x',
  'a doubled slash': 'https://c.example//cb',
  'another case of the scheme': 'HTTPS://c.example/cb',
  'an added query': `${REGISTERED}?a=1`,
  'an empty query': `${REGISTERED}?`,
  'the default port': 'https://c.example:443/cb',
  'an empty port': 'https://c.example:/cb',
  'a dot after the host': 'https://c.example./cb',
  'an encoded letter': 'https://c.example/%63b',
  http: 'http://c.example/cb',
  'a subdomain': 'https://x.c.example/cb',
  'a longer host': 'https://c.example.evil.example/cb',
  'no scheme': '//c.example/cb',
  'a path alone': '/cb',
  'a prefix of it': 'https://c.example/c',
}

const USERINFO: Spellings = {
  'host as user': 'https://c.example@evil.example/cb',
  'host and port as user': 'https://c.example:80@evil.example',
  'a user': 'https://user@c.example/cb',
  'an empty user': 'https://@c.example/cb',
  'an @ in the path': 'https://evil.example/@c.example/cb',
}

const CONTROL: Spellings = {
  'an empty fragment': `${REGISTERED}#`,
  'a fragment': `${REGISTERED}#x`,
  'an encoded fragment': `${REGISTERED}%23`,
  'a backslash before a user': 'https://c.example\\@evil.example/cb',
  'a backslash': 'https://c.example\\cb',
  'a tab': `${REGISTERED}\t`,
  'line ends': `${REGISTERED}\r\nset-cookie: a=b`,
  'encoded line ends': `${REGISTERED}%0d%0aset-cookie:%20a=b`,
  'leading line ends': `\r\n${REGISTERED}`,
  'a leading space': ` ${REGISTERED}`,
  'a trailing space': `${REGISTERED} `,
  'a hard space': `${REGISTERED}\u00a0`,
}

const LOOK_ALIKES: Spellings = {
  'a Cyrillic letter': 'https://с.example/cb',
  'its punycode': 'https://xn--q1a.example/cb',
  'a full-width dot': 'https://c。example/cb',
  'a full-width letter': 'https://ｃ.example/cb',
  'a soft hyphen': 'https://c\u00ad.example/cb',
  'a Kelvin sign in the path': 'https://c.example/\u212A',
}

const NOT_ON_THE_DEVICE: readonly string[] = [
  'http://127.0.0.1:49152/other',
  'http://127.0.0.1:49152/callback/',
  'http://127.0.0.1:49152',
  'http://127.0.0.1:65536/callback',
  'http://127.0.0.1:+80/callback',
  'http://127.0.0.1:80:80/callback',
  'http://127.0.0.2/callback',
  'http://localhost/callback',
  'http://localhost:49152/callback',
  'https://127.0.0.1/callback',
  'http://127.0.0.1:49152#/callback',
  'http://127.0.0.1:49152\\/callback',
]

const CODE_ADDRESSES = [
  'javascript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/x',
  'blob:https://c.example/1',
]

const UNFIT: readonly string[] = ['https://c.example/cb#x', 'https://c.example/cb#access_token=x']

export const REDIRECT_URI_CHECKS: readonly Check[] = [
  spellings('A10', 'another spelling of the URI is another URI', OTHER_PATHS),
  spellings('A11', 'userinfo makes another URI', USERINFO),
  spellings('A12', 'fragment, backslash and control characters make another URI', CONTROL),
  {
    row: 'A12',
    title: 'a URI with a fragment cannot be registered',
    run: ({ target }, witness) => refusesToRegister(target, witness, { web: UNFIT }),
  },
  spellings('A13', 'look-alike letters make another URI', LOOK_ALIKES),
  {
    row: 'A14',
    title: 'an address that is code cannot be registered or brought along',
    async run(scene, witness) {
      await refusesToRegister(scene.target, witness, {
        web: CODE_ADDRESSES,
        native: CODE_ADDRESSES,
      })
      const strict = await strictApp(scene)
      for (const uri of CODE_ADDRESSES) {
        witness.stays(uri, await strict.open({ redirect_uri: uri }))
      }
    },
  },
  {
    row: 'A14',
    title: 'nor can an app on the web register one that is not encrypted',
    run: ({ target }, witness) =>
      refusesToRegister(target, witness, { web: ['http://c.example/cb', 'ws://c.example/cb'] }),
  },
  {
    row: 'A14',
    title: 'nor an app on the device one that any other app may take',
    run: ({ target }, witness) =>
      refusesToRegister(target, witness, { native: ['myapp:/cb', 'http://c.example/cb'] }),
  },
  {
    row: 'A15',
    title: 'an app on the device may choose its port, and nothing else',
    async run(scene, witness) {
      for (const uri of ['http://127.0.0.1/callback', 'http://127.0.0.1:49152/callback']) {
        const { status } = await scene.native.openAndSettle({ redirect_uri: uri })
        witness.given(uri, status === 200)
      }
      for (const uri of NOT_ON_THE_DEVICE) {
        witness.stays(uri, await scene.native.open({ redirect_uri: uri }))
      }
    },
  },
  {
    row: 'A15',
    title: 'an app that is none on the device gets no loopback address',
    async run(scene, witness) {
      for (const app of [await strictApp(scene), scene.spa]) {
        for (const uri of ['http://127.0.0.1/callback', 'http://127.0.0.1:49152/callback']) {
          witness.stays(`${app.client.id} ${uri}`, await app.open({ redirect_uri: uri }))
        }
      }
    },
  },
  {
    row: 'A16',
    title: 'an unknown client gets a page, whatever it asks for',
    async run({ web }, witness) {
      for (const fields of [
        { client_id: 'unknown' },
        { client_id: 'unknown', prompt: 'none' },
        { client_id: 'unknown', scope: 'bogus' },
        { client_id: 'unknown', response_type: 'token' },
        { client_id: undefined },
      ]) {
        witness.stays(JSON.stringify(fields), await web.open(fields))
      }
    },
  },
  {
    row: 'A16',
    title: 'an unregistered or repeated redirect URI is not led to, before any sign-in',
    async run(scene, witness) {
      const strict = await strictApp(scene)
      for (const fields of [{}, { prompt: 'none' }, { scope: 'bogus' }, { response_mode: 'x' }]) {
        const page = await strict.open({ redirect_uri: EVIL, ...fields })
        witness.stays(JSON.stringify(fields), page)
      }
      for (const twice of [
        [REGISTERED, EVIL],
        [EVIL, REGISTERED],
      ]) {
        const page = await strict.open({ redirect_uri: twice })
        witness.tellsApp(`${twice}`, page, 'page', 'invalid_request')
        const isLedAway = page.location?.startsWith(EVIL) ?? false
        witness.sees('the unregistered one', !isLedAway, isLedAway ? 'led there' : 'not led there')
      }
    },
  },
  {
    row: 'A16',
    title: 'sign-out leads to registered addresses only',
    async run(scene, witness) {
      const { web, target } = scene
      for (const query of [
        'post_logout_redirect_uri=https://evil.example/goodbye',
        `post_logout_redirect_uri=https://evil.example/goodbye&client_id=${web.client.id}`,
        `post_logout_redirect_uri=${web.client.redirectUri}&client_id=${web.client.id}`,
      ]) {
        const browser = await scene.signIn()
        const page = await browser.openAndFollow(`${target.endpoints.signOut}?${query}`)
        const isForm = page.status === 200 && page.root.querySelector('form') !== null
        if (!isForm) {
          witness.stays(query, page)
          continue
        }
        const { location = target.issuer } = await browser.submitAndFollow(
          page,
          target.forms.signOut,
        )
        const { origin } = new URL(location)
        witness.sees(query, origin === new URL(target.issuer).origin, `leads to ${origin}`)
      }
    },
  },
  {
    row: 'A17',
    title: 'nobody can register himself to be redirected to',
    async run(scene, witness) {
      const { web } = scene
      const stranger = 'https://evil.example/client.json'
      for (const fields of [{ scope: 'bogus' }, { prompt: 'none' }, { response_mode: 'x' }]) {
        const all = { client_id: stranger, redirect_uri: 'https://evil.example/cb', ...fields }
        witness.stays(JSON.stringify(fields), await web.open(all))
      }
      const metadata = await metadataOf(scene)
      witness.sees('no registration is announced', metadata.registration_endpoint === undefined)
    },
  },
]

/** One check of many spellings of a registered URI. */
export function spellings(row: string, title: string, uris: Spellings): Check {
  return {
    row,
    title,
    async run(scene, witness) {
      const strict = await strictApp(scene)
      const { status } = await strict.openAndSettle({ redirect_uri: REGISTERED })
      witness.given('the URI itself', status === 200)
      for (const [what, uri] of Object.entries(uris)) {
        const page = await strict.open({ redirect_uri: uri })
        witness.stays(what, page)
        const cookies = page.headers.getSetCookie()
        if (cookies.some((cookie) => cookie.startsWith('a='))) {
          witness.sees(what, false, 'sets the cookie of the attacker')
        }
      }
    },
  }
}

export function strictApp(scene: Scene) {
  return scene.register({ id: 'strict', kind: 'web', redirectUri: REGISTERED })
}

export async function refusesToRegister(
  target: Scene['target'],
  witness: Witness,
  uris: Readonly<Partial<Record<'web' | 'native', readonly string[]>>>,
): Promise<void> {
  for (const kind of ['web', 'native'] as const) {
    for (const [index, redirectUri] of (uris[kind] ?? []).entries()) {
      const outcome = await target.register({ id: `unfit-${kind}-${index}`, kind, redirectUri })
      const refused = outcome === 'refused'
      witness.sees(`${redirectUri} (${kind})`, refused, refused ? 'refused' : 'registered')
    }
  }
}
