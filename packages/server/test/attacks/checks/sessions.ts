// Attacks on the people who sign in: framed pages, forged forms, swapped and fixed sessions, forced sign-out, skipped questions.

import { type BrowserPage, TestBrowser } from '../../support/browser.ts'
import { offers } from '../app-under-attack.ts'
import type { Check, Witness } from '../check.ts'
import { paramsOf } from '../redirect-params.ts'

export const SESSION_CHECKS: readonly Check[] = [
  {
    row: 'D1',
    title: 'sign-in and consent cannot be framed',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const browser = new TestBrowser()
      const { web, target } = scene
      const signIn = await browser.openAndFollow(web.authorizeUrl({ prompt: 'consent' }))
      seesUnframeable('sign-in', signIn, witness)
      const form = target.forms.signIn(target.users.victim)
      const consent = await browser.submitAndFollow(signIn, form)
      seesUnframeable('consent', consent, witness)
    },
  },
  {
    row: 'D1',
    title: 'the question whether to sign out cannot be framed',
    needs: ['security headers'],
    async run(scene, witness) {
      const browser = await scene.signIn()
      const question = await browser.openAndFollow(scene.target.endpoints.signOut)
      witness.given('the question', question.status === 200)
      seesUnframeable('sign-out', question, witness)
    },
  },
  {
    row: 'D2',
    title: 'sign-in and consent are refused without their hidden fields',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const { web, target } = scene
      const browser = new TestBrowser()
      const signIn = await browser.openAndFollow(web.authorizeUrl({ prompt: 'consent' }))
      const form = target.forms.signIn(target.users.victim)
      for (const forged of forgeriesOf(signIn)) {
        refusesForm('sign-in', await browser.submit(signIn, { ...forged, ...form }), witness)
      }
      const consent = await browser.submitAndFollow(signIn, form)
      witness.given('consent is asked for', offers(consent, target.forms.allow))
      for (const forged of forgeriesOf(consent)) {
        const answer = await browser.submit(consent, { ...forged, ...target.forms.allow })
        refusesForm('consent', answer, witness)
      }
    },
  },
  {
    row: 'D2',
    title: 'sign-out is refused without its hidden fields, or with those of another browser',
    async run(scene, witness) {
      const { endpoints, forms } = scene.target
      const victim = await scene.signIn()
      const attacker = await scene.signIn(scene.target.users.attacker)
      const question = await victim.openAndFollow(endpoints.signOut)
      const foreign = await attacker.openAndFollow(endpoints.signOut)
      for (const forged of [...forgeriesOf(question), hiddenFieldsOf(foreign)]) {
        await victim.submitAndFollow(question, { ...forged, ...forms.signOut })
        const answer = await scene.askSilently(victim)
        witness.sees('still signed in', answer === 'code', `then ${answer}`)
      }
    },
  },
  {
    row: 'D2',
    title: 'a decision counts once: sent again it repeats no code, and changes nothing',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const { web, target } = scene
      const browser = await scene.signIn()
      const consent = await browser.openAndFollow(web.authorizeUrl({ prompt: 'consent' }))
      const first = await browser.submitAndFollow(consent, target.forms.allow)
      const codes = [paramsOf(first).get('code')]
      witness.given('the first', codes[0] !== null)
      for (const decision of [target.forms.allow, target.forms.deny]) {
        const again = await browser.submitAndFollow(consent, decision)
        // Somebody who pressed twice may be led on, with a code that is good by itself.
        const code = paramsOf(again).get('code')
        witness.sees('again', code === null || !codes.includes(code), `${again.status}`)
        witness.sees('a no that comes late', decision === target.forms.allow || code === null)
        codes.push(code)
      }
      const answer = await scene.askSilently(browser)
      witness.sees('the first answer stands', answer === 'code', `then ${answer}`)
    },
  },
  {
    row: 'D3',
    title: "what the attacker's sign-in leads to does not open in another browser",
    async run(scene, witness) {
      const { web, target } = scene
      const attacker = new TestBrowser()
      const page = await attacker.openAndFollow(web.authorizeUrl({ prompt: 'consent' }))
      const form = target.forms.signIn(target.users.attacker)
      const { location = '' } = await attacker.submit(page, form)
      witness.given('the sign-in leads on', location.startsWith(target.issuer))
      for (const victim of [new TestBrowser(), await scene.signIn()]) {
        const opened = await victim.openAndFollow(location)
        witness.sees('no code', !paramsOf(opened).has('code'), `${opened.status}`)
        const asked = offers(opened, target.forms.allow)
        witness.sees('no consent to give', !asked)
      }
    },
  },
  {
    row: 'D4',
    title: 'signing in again makes a new session, and the cookies from before are dead',
    async run(scene, witness) {
      const { web } = scene
      const browser = await scene.signIn()
      const old = new TestBrowser()
      for (const [name, value] of browser.cookies) old.cookies.set(name, value)
      witness.given('a copy of the cookies', (await scene.askSilently(old)) === 'code')
      for (const [name, value] of browser.cookies) old.cookies.set(name, value)
      const page = await browser.openAndFollow(web.authorizeUrl({ prompt: 'login' }))
      await web.answerPages(browser, page)
      witness.given('signed in again', (await scene.askSilently(browser)) === 'code')
      const answer = await scene.askSilently(old)
      witness.sees('the old cookies', answer !== 'code', `old cookies: ${answer}`)
    },
  },
  {
    row: 'D4',
    title: 'a planted session does not become the session of whoever signs in',
    async run(scene, witness) {
      const { web, target } = scene
      const attacker = new TestBrowser()
      await attacker.openAndFollow(web.authorizeUrl())
      const victim = new TestBrowser()
      for (const [name, value] of attacker.cookies) victim.cookies.set(name, value)
      await web.obtainCode({ browser: victim })
      const answer = await scene.askSilently(attacker)
      witness.sees('the attacker', answer === 'login_required', `the planter: ${answer}`)
      const invented = new TestBrowser()
      for (const name of victim.cookies.keys()) invented.cookies.set(name, 'A'.repeat(43))
      const guessed = await scene.askSilently(invented)
      witness.sees('invented cookies', guessed === 'login_required', `invented: ${guessed}`)
      witness.given('the victim is signed in', (await scene.askSilently(victim)) === 'code')
      witness.given('as the victim', target.users.victim !== target.users.attacker)
    },
  },
  {
    row: 'D4',
    title: 'cookies are out of reach of scripts and other sites',
    async run(scene, witness) {
      const { web, target } = scene
      const browser = new TestBrowser()
      const form = target.forms.signIn(target.users.victim)
      const asked = await browser.open(web.authorizeUrl())
      const page = asked.location ? await browser.openAndFollow(asked.location) : asked
      const signedIn = await browser.submit(page, form)
      const onward = await browser.open(signedIn.location ?? target.issuer)
      const answers = [asked, page, signedIn, onward]
      const cookies = answers.flatMap(({ headers }) => headers.getSetCookie())
      witness.given('there are cookies', cookies.length > 1)
      for (const cookie of cookies) {
        const isKept = /; httponly/i.test(cookie) && /; samesite=(lax|strict)/i.test(cookie)
        witness.sees('HttpOnly, SameSite', isKept, isKept ? 'HttpOnly, SameSite' : cookie)
        witness.sees('for this host', !/; domain=/i.test(cookie), 'for this host alone')
      }
    },
  },
  {
    row: 'D4',
    title: 'after sign-out the old cookies are dead, not only forgotten',
    async run(scene, witness) {
      const browser = await scene.signIn()
      const kept = new Map(browser.cookies)
      const question = await browser.openAndFollow(scene.target.endpoints.signOut)
      await browser.submitAndFollow(question, scene.target.forms.signOut)
      browser.cookies.clear()
      for (const [name, value] of kept) browser.cookies.set(name, value)
      const answer = await scene.askSilently(browser)
      witness.sees('old cookies', answer === 'login_required', answer)
    },
  },
  {
    row: 'D5',
    title: 'a link to sign-out only asks',
    async run(scene, witness) {
      const { web, target } = scene
      const { browser, identity } = await web.obtainTokens()
      for (const query of [
        '',
        `?client_id=${web.client.id}`,
        '?state=x',
        `?id_token_hint=${identity}`,
      ]) {
        await browser.openAndFollow(target.endpoints.signOut + query)
        const answer = await scene.askSilently(browser)
        witness.sees(query, answer === 'code', `then ${answer}`)
      }
    },
  },
  {
    row: 'D5',
    title: 'a hint that is changed, unsigned or of another kind is refused',
    async run(scene, witness) {
      const { web, target } = scene
      const browser = await scene.browser()
      const { access, identity } = await web.obtainTokens({ browser })
      const [header = '', claims = '', signature = ''] = identity.split('.')
      const none = Buffer.from('{"alg":"none"}').toString('base64url')
      const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      for (const [what, hint] of Object.entries({
        changed: `${header}.${claims}.${flipped}`,
        unsigned: `${none}.${claims}.`,
        'an access token': access,
        'no token': 'x',
      })) {
        witness.stays(what, await browser.open(`${target.endpoints.signOut}?id_token_hint=${hint}`))
      }
    },
  },
  {
    row: 'D9',
    title: 'prompt=none asks nothing, and gives nothing that was not agreed to',
    async run(scene, witness) {
      const { web, other, target } = scene
      const nobody = await web.open({ prompt: 'none' })
      witness.tellsApp('nobody signed in', nobody, 'login_required')
      const browser = await scene.signIn()
      const stranger = await other.open({ prompt: 'none' }, browser)
      witness.tellsApp('an app without consent', stranger, 'consent_required')
      const { part, beyond } = target.scopes
      const more = await web.open({ prompt: 'none', scope: `openid ${part} ${beyond}` }, browser)
      witness.tellsApp('more than was agreed to', more, 'consent_required')
      for (const prompt of ['none login', 'none consent']) {
        witness.tellsApp(prompt, await web.open({ prompt }, browser), 'invalid_request')
      }
    },
  },
  {
    row: 'D9',
    title: 'max_age asks an older session to sign in',
    needs: ['clock'],
    async run(scene, witness) {
      const browser = await scene.signIn()
      scene.advance(600)
      const page = await scene.web.open({ prompt: 'none', max_age: '60' }, browser)
      witness.tellsApp('a session of 600 seconds', page, 'login_required')
      const bad = await scene.web.open({ prompt: 'none', max_age: '-1' }, browser)
      witness.tellsApp('max_age=-1', bad, 'invalid_request')
    },
  },
  {
    row: 'D9',
    title: 'a sign-in that the app asked for is good for one code',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const { web, target } = scene
      const signIn = target.forms.signIn(target.users.victim)
      for (const fields of [{ prompt: 'login' }, { max_age: '0' }]) {
        const what = Object.entries(fields).join()
        const browser = await scene.signIn()
        const page = await web.openAndSettle(fields, browser)
        witness.given(`${what} asks to sign in`, offers(page, signIn))
        const { location = '' } = await browser.submit(page, signIn)
        const first = await web.answerPages(browser, await browser.openAndFollow(location))
        witness.given(`${what}, once`, paramsOf(first).has('code'))
        for (const time of ['second', 'third']) {
          const again = paramsOf(await browser.openAndFollow(location))
          witness.sees(what, !again.has('code'), `a ${time} time`)
        }
      }
    },
  },
  {
    row: 'D15',
    title: 'a hint at one user is never answered about another',
    async run(scene, witness) {
      const { web, target } = scene
      const { code, verifier } = await web.obtainCode()
      const { body } = await web.redeem(code, verifier)
      const hint = { id_token_hint: body.id_token }
      witness.given('an ID token', typeof body.id_token === 'string')
      const browser = await scene.signIn(target.users.attacker)
      const silent = await web.open({ prompt: 'none', ...hint }, browser)
      witness.tellsApp('another user is signed in', silent, 'login_required')
      const forged = { id_token_hint: body.id_token.replace(/\.[^.]*$/, '.AAAA') }
      const unsigned = await web.open({ prompt: 'none', ...forged }, browser)
      witness.tellsApp('a signature of somebody else', unsigned, 'invalid_request')
    },
  },
  {
    row: 'C10',
    title: 'a public app on the device is not answered without a page, even after consent',
    async run(scene, witness) {
      const { native } = scene
      const { browser } = await native.obtainCode()
      const page = await native.open({ prompt: 'none' }, browser)
      witness.tellsApp('after consent', page, 'interaction_required', 'consent_required')
    },
  },
]

function seesUnframeable(what: string, { headers }: BrowserPage, witness: Witness): void {
  const policy = headers.get('content-security-policy') ?? ''
  const options = headers.get('x-frame-options') ?? ''
  const isClosed = /frame-ancestors 'none'/.test(policy) || /^(deny|sameorigin)$/i.test(options)
  witness.sees(what, isClosed, isClosed ? 'cannot be framed' : `${what} can be framed`)
}

function hiddenFieldsOf({ root }: BrowserPage): Record<string, string> {
  const hidden = root.querySelectorAll('form input[type=hidden]')
  return Object.fromEntries(
    hidden.map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value') ?? '']),
  )
}

/** What is sent instead of the hidden fields of a form. */
function forgeriesOf(page: BrowserPage): Record<string, string | undefined>[] {
  const names = Object.keys(hiddenFieldsOf(page))
  const all = (value: string | undefined) => Object.fromEntries(names.map((name) => [name, value]))
  return [all(undefined), all(''), all('x'), all('A'.repeat(43))]
}

function refusesForm(what: string, answer: BrowserPage, witness: Witness): void {
  const { status, location, headers } = answer
  const isRefused = status >= 400 && status < 500 && location === undefined
  witness.sees(what, isRefused, `${status}`)
  witness.sees('no cookie', headers.getSetCookie().length === 0)
}
