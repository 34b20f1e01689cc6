// Attacks on what the authorization endpoint sends back: forwarding, fragments, mix-up, tokens in the front channel.

import { type BrowserPage, TestBrowser } from '../../support/browser.ts'
import type { Check, Witness } from '../check.ts'
import { paramsOf } from '../redirect-params.ts'
import { metadataOf } from './metadata.ts'
import { openTrap } from './trap.ts'

const RESPONSE_TYPES = [
  'token',
  'id_token',
  'id_token token',
  'code token',
  'code id_token',
  'code id_token token',
]

export const FRONT_CHANNEL_CHECKS: readonly Check[] = [
  {
    row: 'A18',
    title: "a fragment of the attacker's does not reach the app",
    async run(scene, witness) {
      const browser = await scene.browser()
      const first = await browser.openAndFollow(scene.web.authorizeUrl({ state: '#evil' }))
      const { location = '' } = await scene.web.answerPages(browser, first)
      witness.sees('the state stays encoded', !location.includes('#evil'))
    },
  },
  {
    row: 'A19',
    title: 'no form is sent on by the browser',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const { web, target } = scene
      const browser = new TestBrowser()
      const page = await browser.openAndFollow(web.authorizeUrl({ prompt: 'consent' }))
      const signedIn = await browser.submit(page, target.forms.signIn(target.users.victim))
      seesForgetful('sign-in', signedIn, witness)
      const consent = await browser.openAndFollow(signedIn.location ?? '')
      const decided = await browser.submit(consent, target.forms.allow)
      seesForgetful('consent', decided, witness)
    },
  },
  {
    row: 'A19',
    title: 'nor is a sign-out',
    async run(scene, witness) {
      const browser = await scene.signIn()
      const question = await browser.openAndFollow(scene.target.endpoints.signOut)
      const done = await browser.submit(question, scene.target.forms.signOut)
      if (done.location === undefined) witness.sees('a page, no redirect', done.status === 200)
      else seesForgetful('sign-out', done, witness)
    },
  },
  {
    row: 'A21',
    title: 'every answer carries exactly one iss, that of the metadata',
    async run(scene, witness) {
      const { web } = scene
      const seesIss = (what: string, page: BrowserPage) => {
        const found = paramsOf(page).getAll('iss')
        const isRight = found.length === 1 && found[0] === scene.target.issuer
        witness.sees(what, isRight, isRight ? 'one iss' : `iss ${JSON.stringify(found)}`)
      }
      const { params } = await web.obtainCode({ browser: await scene.browser() })
      witness.sees('a code', params.getAll('iss').join() === scene.target.issuer, 'one iss')
      const claimed = await web.open({ prompt: 'none', iss: 'https://evil.example' })
      seesIss('login_required, with iss in the request', claimed)
      seesIss('no challenge', await web.open({ code_challenge: undefined }, await scene.browser()))
      seesIss('bad prompt', await web.open({ prompt: 'none login' }, await scene.browser()))
      const metadata = await metadataOf(scene)
      witness.sees('metadata names itself', metadata.issuer === scene.target.issuer)
      const announced = metadata.authorization_response_iss_parameter_supported
      witness.sees('metadata promises iss', announced === true)
    },
  },
  {
    row: 'A21',
    title: 'access_denied carries exactly one iss',
    async run(scene, witness) {
      const { web, target } = scene
      const browser = await scene.signIn()
      const consent = await browser.openAndFollow(web.authorizeUrl({ prompt: 'consent' }))
      const denied = await browser.submitAndFollow(consent, target.forms.deny)
      const sent = paramsOf(denied)
      witness.given('it is denied', sent.get('error') === 'access_denied', denied.location)
      witness.sees('one iss', sent.getAll('iss').join() === target.issuer)
      witness.sees('one state', sent.getAll('state').join() === 'state-1')
    },
  },
  {
    row: 'A22',
    title: 'no token comes by way of the browser, whatever response_type is asked for',
    async run(scene, witness) {
      const browser = await scene.browser()
      for (const type of RESPONSE_TYPES) {
        for (const mode of [undefined, 'fragment', 'query']) {
          const fields = { response_type: type, nonce: 'n', prompt: 'none', response_mode: mode }
          const page = await scene.web.open(fields, browser)
          witness.tellsApp(`${type}, ${mode}`, page, 'unsupported_response_type')
        }
      }
    },
  },
  {
    row: 'A22',
    title: 'a password is no grant',
    async run({ web, spa, target }, witness) {
      const credentials = { username: target.users.victim, password: 'guess', scope: 'openid' }
      for (const app of [web, spa]) {
        for (const type of ['password', 'PASSWORD', 'implicit']) {
          const answer = await app.token({ grant_type: type, ...credentials })
          witness.refused(`${app.client.id} ${type}`, answer, 'unsupported_grant_type')
        }
      }
    },
  },
  {
    row: 'A23',
    title: 'a request_uri is neither fetched nor taken for a request that was pushed',
    async run(scene, witness) {
      const trap = await openTrap()
      try {
        for (const uri of [
          `${trap.url}/request.jwt`,
          'urn:ietf:params:oauth:request_uri:guessed',
          'x',
        ]) {
          const page = await scene.web.open({ request_uri: uri }, await scene.browser())
          witness.tellsApp(uri.slice(0, 8), page, 'request_uri_not_supported')
        }
      } finally {
        await trap.close()
      }
      witness.sees('nothing was fetched', trap.hits() === 0)
    },
  },
  {
    row: 'A23',
    title: 'an unsigned request object does not change the request',
    async run(scene, witness) {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const claims = { redirect_uri: 'https://evil.example/cb', client_id: scene.web.client.id }
      const request = `${encode({ alg: 'none' })}.${encode(claims)}.`
      const page = await scene.web.open({ request }, await scene.browser())
      witness.tellsApp('alg none', page, 'request_not_supported')
      const host = page.location === undefined ? '' : new URL(page.location).host
      witness.sees('its redirect URI is not used', host !== 'evil.example')
    },
  },
]

function seesForgetful(what: string, { status }: BrowserPage, witness: Witness): void {
  // 307 and 308 would send the form on. RFC 9700 §4.12 has 303; with 302, browsers turn POST into GET by habit.
  if (status === 302) witness.seesOdd(what, '302')
  // A page that leads on by itself sends no form at all.
  else witness.sees(what, status === 303 || status === 200, `${status}`)
}
