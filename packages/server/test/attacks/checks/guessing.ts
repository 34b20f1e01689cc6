// Attacks on those who guess nothing: owners, apps and organisations that strangers want kept out, and right
// credentials that are taken for guesses.

import { type BrowserPage, defaultFields, TestBrowser } from '../../support/browser.ts'
import { type Answer, basic, postForm } from '../../support/test-app.ts'
import { offers } from '../app-under-attack.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'

const AN_HOUR = 3601
/** More than a hundred failures, and from each address fewer than would be too many for it alone. */
const STRANGERS = 11
const FAILURES_EACH = 10
/** Of one address that many share: more than it may fail in a minute. */
const BATCH = 25
const FAILURES_OF_ONE = 125
const TOGETHER = 20
const SECRETS_TOGETHER = 100
const SECRET_GUESSES = 70
/** More than an account or an address may fail. */
const NOT_MADE = 12
/** More than a server keeps waiting, each from an address of their own. */
const CROWD = 80
const MOST_BURSTS = 3
const CODE_GUESSES = 70

export const GUESSING_CHECKS: readonly Check[] = [
  {
    row: 'D16',
    title: 'strangers who guess at an account do not keep out its owner',
    needs: ['own sign-in pages', 'rate limits', 'callers of many addresses', 'clock'],
    async run(scene, witness) {
      const { victim } = scene.target.users
      const known = await scene.signIn()
      for (let stranger = 0; stranger < STRANGERS; stranger += 1) {
        const guesses = await guessTogether(scene, { user: victim, times: FAILURES_EACH })
        witness.given(
          'no guess is right',
          guesses.every((page) => !isSignedIn(scene, page)),
        )
      }
      const stranger = await tryToSignIn(scene, { password: 'wrong' })
      witness.given('the strangers have to wait', stranger.status === 429, `${stranger.status}`)
      const owner = await tryToSignIn(scene, { browser: known })
      const seen = `the owner, where the browser is known: ${owner.status}`
      witness.sees('the owner, where the browser is known', isSignedIn(scene, owner), seen)
      const wait = Number(stranger.headers.get('retry-after'))
      witness.sees('the wait is short', wait > 0 && wait <= 60, `${wait} seconds to wait`)
      scene.advance(60)
      const elsewhere = await tryToSignIn(scene, {})
      witness.sees('the owner, elsewhere, a minute later', isSignedIn(scene, elsewhere))
      scene.advance(AN_HOUR)
    },
  },
  {
    row: 'D16',
    title: 'who guesses from an address that many share keeps out nobody for long',
    needs: ['own sign-in pages', 'rate limits', 'callers of many addresses', 'clock'],
    async run(scene, witness) {
      const known = await scene.signIn()
      const address = newAddress()
      for (let turn = 0; turn < FAILURES_OF_ONE; turn += BATCH) {
        const guesses = Array.from({ length: BATCH }, (_, index) =>
          tryToSignIn(scene, { user: `made-up-${turn + index}`, password: 'wrong', address }),
        )
        await Promise.all(guesses)
      }
      const stranger = await tryToSignIn(scene, { user: 'made-up', password: 'wrong', address })
      witness.given('the address has to wait', stranger.status === 429, `${stranger.status}`)
      const owner = await tryToSignIn(scene, { browser: known, address })
      witness.sees('who is known there', isSignedIn(scene, owner), `known: ${owner.status}`)
      const { attacker: other } = scene.target.users
      const elsewhere = await tryToSignIn(scene, { user: other })
      witness.sees('other addresses', isSignedIn(scene, elsewhere))
      scene.advance(61)
      const later = await tryToSignIn(scene, { user: other, address })
      witness.sees('all of them, a minute later', isSignedIn(scene, later))
      scene.advance(AN_HOUR)
    },
  },
  {
    row: 'D16',
    title: 'who guesses at the secret of an app does not keep the app out',
    async run(scene, witness) {
      const { machine } = scene.target.apps
      for (const address of [newAddress(), newAddress()]) {
        const guesses = Array.from({ length: SECRET_GUESSES }, (_, turn) =>
          askForTokens(scene, `guess-${turn}`, address),
        )
        const given = (await Promise.all(guesses)).filter(({ status }) => status === 200)
        witness.given('no guess is right', given.length === 0)
      }
      const { status } = await askForTokens(scene, machine.secret ?? '', newAddress())
      witness.sees('the app elsewhere', status === 200, `the app elsewhere: ${status}`)
    },
  },
  {
    row: 'D17',
    title: `${TOGETHER} right sign-ins at once are all taken, from one address or many`,
    restsOnPasswordCost: true,
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const address = newAddress()
      for (const addressOf of [() => address, newAddress]) {
        const pages = await Promise.all(
          Array.from({ length: TOGETHER }, () => tryToSignIn(scene, { address: addressOf() })),
        )
        const taken = pages.filter((page) => isSignedIn(scene, page)).length
        witness.sees('sign-ins', taken === TOGETHER, `${taken} of ${TOGETHER} taken`)
      }
    },
  },
  {
    row: 'D17',
    title: `${SECRETS_TOGETHER} right secrets at once are all taken`,
    async run(scene, witness) {
      const answers = await Promise.all(
        Array.from({ length: SECRETS_TOGETHER }, () =>
          scene.machine.token({ grant_type: 'client_credentials' }),
        ),
      )
      const taken = answers.filter(({ status }) => status === 200).length
      witness.sees('secrets', taken === SECRETS_TOGETHER, `${taken} of ${SECRETS_TOGETHER} taken`)
    },
  },
  {
    row: 'D17',
    title: 'tries that were given up on before the answer are no failures',
    restsOnPasswordCost: true,
    needs: ['own sign-in pages', 'callers of many addresses'],
    async run(scene, witness) {
      const address = newAddress()
      for (let turn = 0; turn < TOGETHER; turn += 1) {
        await giveUpOnSignIn(scene, address)
      }
      const page = await tryToSignIn(scene, { address })
      witness.sees('the next one', isSignedIn(scene, page), `the next one: ${page.status}`)
    },
  },
  {
    row: 'D17',
    title: 'to be turned away because others keep the server busy is no failure',
    restsOnPasswordCost: true,
    needs: ['own sign-in pages', 'rate limits', 'callers of many addresses', 'clock'],
    async run(scene, witness) {
      const { victim } = scene.target.users
      for (let burst = 0; burst < MOST_BURSTS; burst += 1) {
        const address = newAddress()
        const crowd = await Promise.all(Array.from({ length: CROWD }, () => arriveAtSignIn(scene)))
        const unlucky = await Promise.all(
          Array.from({ length: NOT_MADE }, () => arriveAtSignIn(scene)),
        )
        const busy = crowd.map((send, turn) => send({ user: `made-up-${turn}`, password: 'wrong' }))
        const pages = await Promise.all(
          unlucky.map((send, turn) => send({ user: victim, password: `wrong-${turn}`, address })),
        )
        await Promise.all(busy)
        const turnedAway = pages.filter(({ status }) => status === 503).length
        const owner = await tryToSignIn(scene, { address })
        witness.sees('the owner afterwards', isSignedIn(scene, owner), `${owner.status} afterwards`)
        scene.advance(AN_HOUR)
        if (turnedAway >= FAILURES_EACH) return
      }
      witness.given('others keep the server busy', false)
    },
  },
  {
    row: 'C14',
    title: 'who guesses with the key of an organisation keeps neither it nor its consumers out',
    needs: ['key exchange', 'rate limits'],
    async run({ target }, witness) {
      const { keys, codes, exchange } = await openExchange(target)
      const [known, other] = codes
      const [key, address] = [keys.own, newAddress()]
      const good = await exchange({ code: known }, { key, address })
      witness.given('a right code', good.status === 200, good.text)
      for (let turn = 0; turn < CODE_GUESSES; turn += 1) {
        await exchange({ code: `guess-${turn}` }, { key, address: newAddress() })
      }
      const elsewhere = await exchange({ code: other }, { key, address: newAddress() })
      witness.sees('after guesses from many addresses', elsewhere.status === 200)
      for (let turn = 0; turn < CODE_GUESSES; turn += 1) {
        await exchange({ code: `guess-${turn}-0123456789` }, { key, address })
      }
      const limited = await exchange({ code: other }, { key, address })
      witness.given('who guesses has to wait', limited.status === 429, limited.text)
      for (const [what, presented, from] of [
        ['what is known at the address', { code: known }, { key, address }],
        ['other addresses', { code: other }, { key, address: newAddress() }],
      ] as const) {
        const { status } = await exchange(presented, from)
        witness.sees(what, status === 200, `${what}: ${status}`)
      }
    },
  },
  {
    row: 'C15',
    title: 'a key of another organisation learns nothing about a consumer, and takes no try away',
    needs: ['key exchange'],
    async run({ target }, witness) {
      const { keys, codes, passCode, exchange } = await openExchange(target)
      const address = newAddress()
      const right = await exchange(passCode, { key: keys.own, address: newAddress() })
      witness.given('the pass code is right', right.status === 200, right.text)
      const wrong = { ...passCode, passCode: 'wrong' }
      const presented = [{ identifier: 'nobody', passCode: 'wrong' }, passCode, wrong]
      const answers = await Promise.all(
        [...presented, { code: codes[0] }].map((each) =>
          exchange(each, { key: keys.foreign, address: newAddress() }),
        ),
      )
      const told = new Set(answers.map(describe))
      witness.sees('right, wrong and unknown', told.size === 1, [...told].join(' or '))
      witness.sees(
        'no token',
        answers.every(({ status }) => status === 401),
      )
      for (let turn = 0; turn < NOT_MADE; turn += 1) {
        await exchange({ ...passCode, passCode: `wrong-${turn}` }, { key: keys.foreign, address })
      }
      const { status } = await exchange(passCode, { key: keys.own, address })
      witness.sees('its own organisation', status === 200, `its own organisation: ${status}`)
    },
  },
]

let addresses = 0

/** One that nobody has called from. */
function newAddress(): string {
  addresses += 1
  return `198.18.${addresses >> 8}.${addresses & 255}`
}

interface Try {
  readonly user?: string
  /** The right one, unless it is given. */
  readonly password?: string
  readonly address?: string
  readonly browser?: TestBrowser
}

/** Opens the page and fills it in. @returns the first answer to the form */
async function tryToSignIn(scene: Scene, given: Try): Promise<BrowserPage> {
  const send = await arriveAtSignIn(scene, given.browser)
  return send(given)
}

/** Opens the page. @returns how to send it */
async function arriveAtSignIn(scene: Scene, browser = new TestBrowser()) {
  const { target } = scene
  const page = await openSignIn(scene, browser)
  return ({ user = target.users.victim, password, address = newAddress() }: Try) => {
    const form = target.forms.signIn(user)
    const fields = password === undefined ? form : withPassword(form, password)
    return browser.submit(page, fields, target.callerAt?.(address))
  }
}

/** Sends the right password, and hangs up before it can have been checked. */
async function giveUpOnSignIn(scene: Scene, address: string): Promise<void> {
  const { target } = scene
  const browser = new TestBrowser()
  const page = await openSignIn(scene, browser)
  const form = page.root.querySelector('form')
  if (!form) throw new Error('a page with a password has a form')
  const fields = { ...Object.fromEntries(defaultFields(form)) }
  const body = new URLSearchParams({ ...fields, ...target.forms.signIn(target.users.victim) })
  const sent = browser.open(new URL(form.getAttribute('action') ?? '', page.url).href, {
    method: 'POST',
    body: body.toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...target.callerAt?.(address),
    },
    // Long enough to arrive, and mostly shorter than a password takes.
    signal: AbortSignal.timeout(40),
  })
  await sent.catch(() => undefined)
}

async function openSignIn({ web, target }: Scene, browser: TestBrowser): Promise<BrowserPage> {
  let page: BrowserPage
  do page = await browser.openAndFollow(web.authorizeUrl({ prompt: 'login' }))
  while (page.status === 503)
  const isThere = offers(page, target.forms.signIn(target.users.victim))
  if (!isThere) throw new Error(`no sign-in page: ${page.status} ${page.text}`)
  return page
}

/** The last field that is filled in by hand, after the user. */
function withPassword(form: Readonly<Record<string, string>>, password: string) {
  const [name = ''] = Object.keys(form).slice(-1)
  return { ...form, [name]: password }
}

function guessTogether(
  scene: Scene,
  { user, times }: { user: string; times: number },
): Promise<BrowserPage[]> {
  const address = newAddress()
  return Promise.all(
    Array.from({ length: times }, (_, turn) =>
      tryToSignIn(scene, { user, password: `wrong-${turn}`, address }),
    ),
  )
}

/** The form is not shown again, and nothing is refused. */
function isSignedIn({ target }: Scene, page: BrowserPage): boolean {
  return page.status < 400 && !offers(page, target.forms.signIn(target.users.victim))
}

function askForTokens({ target }: Scene, secret: string, address: string): Promise<Answer> {
  return postForm(
    target.endpoints.token,
    { grant_type: 'client_credentials' },
    { authorization: basic(target.apps.machine.id, secret), ...target.callerAt?.(address) },
  )
}

async function openExchange({ openKeyExchange }: Scene['target']) {
  if (!openKeyExchange) throw new Error('this check has to name the key exchange as a need')
  return openKeyExchange()
}

/** Without what differs in every answer, such as its time. */
function describe({ status, body }: Answer): string {
  const text = JSON.stringify(body, (name, value) => (/id$|time|date/i.test(name) ? '' : value))
  return `${status} ${text}`
}
