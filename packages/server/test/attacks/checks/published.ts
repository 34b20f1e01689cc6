// Published weaknesses of other servers, each replayed by its number: what broke there has to hold here.

import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { newPkce } from '../../support/test-app.ts'
import type { Check, Witness } from '../check.ts'
import type { Scene } from '../scene.ts'
import { refusesToRegister, spellings, strictApp } from './redirect-uris.ts'

const RACES = 4
const RACERS = 12
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const PUBLISHED_CHECKS: readonly Check[] = [
  {
    row: 'CVE-2026-1035',
    title: 'the check whether a refresh token was used and its use are one step (Keycloak)',
    run: (scene, witness) => raceAndCount(scene, witness, 'successors'),
  },
  {
    row: 'CVE-2026-53517',
    title: 'a race for a refresh token leaves one family, not several (Better Auth)',
    run: (scene, witness) => raceAndCount(scene, witness, 'living'),
  },
  {
    row: 'CVE-2026-50631',
    title: 'a race for a code gives one set of tokens (Apache CXF)',
    async run(scene, witness) {
      const { spa } = scene
      for (let round = 0; round < RACES; round += 1) {
        const { code, verifier } = await spa.obtainCode({ browser: await scene.browser() })
        const answers = await spa.race(RACERS, spa.codeFields(code, verifier))
        const answered = answers.filter(({ status }) => status === 200).length
        witness.sees('answered', answered === 1, `${answered} of ${RACERS} answered`)
      }
    },
  },
  {
    row: 'CVE-2026-126280',
    title: 'who comes second to a change that was already made is told no (NocoDB)',
    async run(scene, witness) {
      const { web } = scene
      for (let round = 0; round < RACES; round += 1) {
        const { code, verifier } = await web.obtainCode({ browser: await scene.browser() })
        const [first, second] = await web.race(2, web.codeFields(code, verifier))
        const both = first?.status === 200 && second?.status === 200
        witness.sees('two at once', !both, both ? 'both answered' : 'one answered')
      }
    },
  },
  {
    row: 'CVE-2025-4144',
    title: 'leaving out the verifier is no way around PKCE (workers-oauth-provider)',
    run: (scene, witness) => withoutVerifier(scene, witness, [undefined]),
  },
  {
    row: 'CVE-2023-48228',
    title: 'nor is an empty verifier, or an empty challenge (authentik)',
    async run(scene, witness) {
      await withoutVerifier(scene, witness, ['', undefined])
      const emptied = await scene.spa.open({ code_challenge: '' }, await scene.browser())
      witness.tellsApp('empty challenge', emptied, 'invalid_request')
    },
  },
  spellings('CVE-2020-15234', 'redirect URIs are compared with regard to case (fosite)', {
    'another case of the path': 'https://c.example/CB',
    'another case of the host': 'https://C.example/cb',
    'another case of both': 'https://C.EXAMPLE/Cb',
  }),
  spellings('CVE-2022-3782', 'a path that is encoded twice is another one (Keycloak)', {
    'dots encoded twice': 'https://c.example/cb/%252e%252e/x',
    'a slash encoded twice': 'https://c.example/cb%252f..%252fx',
    'all encoded twice': 'https://c.example/%2563b',
  }),
  spellings('CVE-2024-1132', 'a path that climbs in encoded dots is another one (Keycloak)', {
    'encoded dots': 'https://c.example/cb/%2e%2e/x',
    'encoded slashes': 'https://c.example/cb%2f..%2fx',
    'mixed dots': 'https://c.example/cb/.%2e/x',
    'a path parameter': 'https://c.example/cb/;/../x',
  }),
  loopback('CVE-2024-8883', 'userinfo behind a loopback address is another host (Keycloak)', [
    'http://127.0.0.1:80@evil.example',
    'http://127.0.0.1:80@evil.example/callback',
    'http://127.0.0.1@evil.example/callback',
    'http://127.0.0.1%40evil.example/callback',
    'http://127.0.0.1:49152%40evil.example/callback',
  ]),
  loopback('CVE-2020-15233', 'on a loopback address only the port is free (fosite)', [
    'http://127.0.0.1:49152/callback?x=1',
    'http://127.0.0.1:49152/callback?code=evil',
    'http://localhost:49152/callback',
    'http://127.0.0.1.evil.example:49152/callback',
    'http://127.0.0.1.evil.example/callback',
  ]),
  {
    row: 'CVE-2026-67333',
    title: 'an app cannot be registered with code for an address (Better Auth)',
    run: ({ target }, witness) =>
      refusesToRegister(target, witness, {
        web: ['javascript:alert(1)', 'JaVaScRiPt:alert(1)//c.example', 'data:text/html,x'],
        native: ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x'],
      }),
  },
  {
    row: 'CVE-2020-26938',
    title: 'an authorization request cannot bring code along as its address (oauth2-server)',
    async run(scene, witness) {
      const strict = await strictApp(scene)
      for (const uri of [
        'javascript:alert(1)',
        'javascript://c.example/cb%0aalert(1)',
        'data:text/html,<script>alert(1)</script>',
        'vbscript:x',
      ]) {
        const page = await strict.open({ redirect_uri: uri })
        witness.stays(uri, page)
        witness.sees('nor shown as a link', !page.text.includes(`href="${uri.split(':')[0]}:`))
      }
    },
  },
  {
    row: 'CVE-2025-4143',
    title: 'a redirect URI is compared with those that are registered (workers-oauth-provider)',
    async run(scene, witness) {
      const browser = await scene.signIn()
      for (const uri of ['https://evil.example/cb', scene.other.client.redirectUri]) {
        for (const prompt of [undefined, 'none']) {
          witness.stays(uri, await scene.web.open({ redirect_uri: uri, prompt }, browser))
        }
      }
    },
  },
  {
    row: 'CVE-2026-54072',
    title: 'an error is not told to an address that nobody registered',
    async run(scene, witness) {
      const evil = { redirect_uri: 'https://evil.example/cb' }
      for (const fields of [
        { client_id: 'unknown' },
        { response_type: 'bogus' },
        { response_type: undefined },
        { scope: 'bogus' },
        { code_challenge: undefined },
        { prompt: 'none' },
        { response_mode: 'fragment', prompt: 'none' },
      ]) {
        witness.stays(JSON.stringify(fields), await scene.web.open({ ...evil, ...fields }))
      }
    },
  },
  {
    row: 'GHSA-v3q9-2p3m-7g43',
    title: 'a client assertion counts once, also of many at the same time (fosite)',
    async run(scene, witness) {
      for (let round = 0; round < RACES; round += 1) {
        const { id, assertion } = await signAssertion(scene)
        const app = scene.app({ id, secret: undefined, redirectUri: '' })
        const fields = {
          grant_type: 'client_credentials',
          client_assertion_type: JWT_BEARER,
          client_assertion: assertion,
        }
        const answers = [...(await app.race(RACERS, fields)), await app.token(fields)]
        const answered = answers.filter(({ status }) => status === 200).length
        const isOffered = scene.target.signer !== undefined
        witness.given('an assertion is accepted', answered > 0 || !isOffered, answers[0]?.text)
        const seen = isOffered ? `accepted ${answered} times` : 'not offered: refused'
        witness.sees('one assertion', answered <= (isOffered ? 1 : 0), seen)
      }
    },
  },
  {
    row: 'GHSA-46c8-635v-68r2',
    title: 'no host that merely looks like a trusted one may register an app (Keycloak)',
    async run(scene, witness) {
      const { origin } = new URL(scene.web.client.redirectUri)
      const { host } = new URL(origin)
      for (const path of [
        '/register',
        '/reg',
        '/connect/register',
        '/clients-registrations/default',
      ]) {
        const response = await fetch(scene.target.issuer + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin, 'x-forwarded-host': host },
          body: JSON.stringify({ redirect_uris: [`https://${host.replaceAll('.', 'x')}/cb`] }),
        })
        witness.sees(path, response.status >= 400 && response.status < 500, `${response.status}`)
      }
    },
  },
]

function loopback(row: string, title: string, uris: readonly string[]): Check {
  return {
    row,
    title,
    async run({ native }, witness) {
      const good = await native.openAndSettle({ redirect_uri: 'http://127.0.0.1:49152/callback' })
      witness.given('a port of its own', good.status === 200)
      for (const uri of uris) witness.stays(uri, await native.open({ redirect_uri: uri }))
    },
  }
}

async function withoutVerifier(
  scene: Scene,
  witness: Witness,
  verifiers: readonly (string | undefined)[],
): Promise<void> {
  for (const app of [scene.web, scene.spa]) {
    for (const verifier of verifiers) {
      const { code } = await app.obtainCode({ browser: await scene.browser() })
      const what = `${app.client.id}, verifier ${verifier}`
      witness.refused(what, await app.redeem(code, verifier), 'invalid_grant')
      const guess = createHash('sha256').update(newPkce().verifier).digest('base64url')
      witness.refused('a challenge as verifier', await app.redeem(code, guess), 'invalid_grant')
    }
  }
}

/** Races for one refresh token. @param count different successors, or how many of them can be used afterwards */
async function raceAndCount(
  scene: Scene,
  witness: Witness,
  count: 'successors' | 'living',
): Promise<void> {
  const { spa } = scene
  for (let round = 0; round < RACES; round += 1) {
    const { refresh } = await spa.obtainTokens({ browser: await scene.browser() })
    const fields = { grant_type: 'refresh_token', refresh_token: refresh }
    const answers = await spa.race(RACERS, fields)
    const given = answers.filter(({ status }) => status === 200)
    const successors = [...new Set(given.map(({ body }) => String(body.refresh_token)))]
    if (count === 'successors') {
      witness.sees('successors', successors.length === 1, `${successors.length} successors`)
      continue
    }
    let living = 0
    for (const token of successors) if ((await spa.refresh(token)).status === 200) living += 1
    witness.sees('living', living <= 1, living === 0 ? 'all ended' : `${living} of them go on`)
  }
}

/** By an app that signs, where the target has one; otherwise by nobody it knows. */
async function signAssertion({ target }: Scene): Promise<{ id: string; assertion: string }> {
  const stranger = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  // As the target sees the time, whose clock may be the one of this process, moved on.
  const now = Math.floor(Date.now() / 1000)
  const { id, privateKey } = target.signer ?? { id: target.apps.machine.id, privateKey: stranger() }
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(target.issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(privateKey)
  return { id, assertion }
}
