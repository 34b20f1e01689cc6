// Attacks on what people read: names that deceive, text that wants to be markup, windows that watch.

import { type BrowserPage, TestBrowser } from '../../support/browser.ts'
import { offers } from '../app-under-attack.ts'
import type { Check, Witness } from '../check.ts'
import type { AttackTarget, DeveloperPortal } from '../target.ts'

const MARKUP = [
  '"><xss-probe onload="alert(1)">',
  "'><xss-probe onload='alert(1)'>",
  '</title></textarea></script><xss-probe>',
  '" onfocus="alert(1)" autofocus x="',
  '--><xss-probe><!--',
]
const RIGHT_TO_LEFT = '\u202e'

export const PAGE_CHECKS: readonly Check[] = [
  {
    row: 'C9',
    title: 'consent names the host that the browser goes to, and no name passes for another',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const deceiver = {
        id: 'deceiver',
        kind: 'web' as const,
        redirectUri: 'https://deceiver.example/cb',
      }
      const unseen = { ...deceiver, id: 'unseen', name: `Northwind${RIGHT_TO_LEFT} Official` }
      const outcome = await scene.target.register(unseen)
      const app = await scene.register({ ...deceiver, name: `${MARKUP[0]}Northwind` })
      const browser = await scene.signIn()
      const page = await browser.openAndFollow(app.authorizeUrl())
      witness.given('consent is asked for', offers(page, scene.target.forms.allow))
      seesHarmless('the name', page, witness)
      if (outcome === 'refused') witness.sees('unseen characters are refused', true)
      else {
        const shown = await browser.openAndFollow(scene.app(outcome).authorizeUrl())
        witness.sees('no unseen characters', !shown.text.includes(RIGHT_TO_LEFT))
      }
      const readable = page.root.querySelector('body')?.textContent ?? ''
      witness.sees('the host is named', readable.includes('deceiver.example'))
    },
  },
  {
    row: 'C13',
    title: 'no account holder gives an app a name that passes for one that is vouched for',
    needs: ['portal'],
    async run({ target }, witness) {
      const portal = portalOf(target)
      const browser = await portal.enter()
      const redirectUri = 'https://names.example/cb'
      const honest = await portal.register(browser, { name: 'Ledgerly', redirectUri })
      witness.given('an honest name', honest.text.includes('Ledgerly'), `${honest.status}`)
      for (const name of portal.vouchedNames.flatMap(imitationsOf)) {
        const what = JSON.stringify(name)
        refusesName(what, await portal.register(browser, { name, redirectUri }), witness)
        refusesName(`${what}, later`, await portal.rename(browser, honest, name), witness)
      }
    },
  },
  {
    row: 'C13',
    title: 'nor one that shows nothing, or other than it is',
    needs: ['portal'],
    async run({ target }, witness) {
      const portal = portalOf(target)
      const browser = await portal.enter()
      const redirectUri = 'https://names.example/cb'
      const honest = await portal.register(browser, { name: 'Second', redirectUri })
      for (const name of [
        '',
        ' ',
        '\u2800',
        '\u3164',
        `Led${RIGHT_TO_LEFT}gerly`,
        'a\nb',
        '\u200b',
      ]) {
        const what = JSON.stringify(name)
        refusesName(what, await portal.register(browser, { name, redirectUri }), witness)
        refusesName(`${what}, later`, await portal.rename(browser, honest, name), witness)
      }
    },
  },
  {
    row: 'D10',
    title: 'what a developer writes stays text on the pages of the portal',
    needs: ['portal'],
    async run({ target }, witness) {
      const portal = portalOf(target)
      const browser = await portal.enter()
      for (const payload of MARKUP) {
        const fields = { name: `App ${payload}`, redirectUri: 'https://names.example/cb' }
        const page = await portal.register(browser, fields)
        seesHarmless('the name', page, witness)
        seesHarmless(
          'another name',
          await portal.rename(browser, page, `Other ${payload}`),
          witness,
        )
        const refused = await portal.register(browser, { ...fields, redirectUri: payload })
        seesHarmless('the address', refused, witness)
      }
    },
  },
  {
    row: 'D10',
    title: 'what is sent stays text on the sign-in page',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const { web, target } = scene
      for (const payload of MARKUP) {
        const browser = new TestBrowser()
        const fields = { login_hint: payload, ui_locales: payload, state: payload, nonce: payload }
        const page = await browser.openAndFollow(web.authorizeUrl(fields))
        witness.given('the page', offers(page, target.forms.signIn(payload)))
        seesHarmless('sign-in', page, witness)
        const again = await browser.submitAndFollow(page, target.forms.signIn(payload))
        seesHarmless('sign-in again', again, witness)
      }
    },
  },
  {
    row: 'D10',
    title: 'and on the pages that say no',
    async run(scene, witness) {
      const browser = browserOfPeople()
      for (const payload of MARKUP) {
        const encoded = encodeURIComponent(payload)
        for (const [what, url] of Object.entries({
          'client id': scene.web.authorizeUrl({ client_id: payload }),
          'redirect URI': scene.web.authorizeUrl({ redirect_uri: payload }),
          'response type': scene.web.authorizeUrl({ response_type: payload, client_id: payload }),
          'sign-out': `${scene.target.endpoints.signOut}?id_token_hint=${encoded}`,
          'unknown path': `${scene.target.issuer}/${encoded}`,
        })) {
          seesHarmless(what, await browser(url), witness)
        }
      }
    },
  },
  {
    row: 'D12',
    title:
      'a window that another site opened learns nothing from it, and has no hold on what is no app’s',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const browser = await scene.signIn()
      const own = await browser.openAndFollow(scene.target.endpoints.signOut)
      const policy = own.headers.get('cross-origin-opener-policy') ?? 'no policy'
      witness.sees('sign-out', policy === 'same-origin', policy)
      // An app that waits for the window needs its hold on them, so nothing in them may speak or listen.
      const pages = {
        'sign-in': await new TestBrowser().openAndFollow(scene.web.authorizeUrl()),
        consent: await browser.openAndFollow(scene.web.authorizeUrl({ prompt: 'consent' })),
        'sign-out': own,
      }
      for (const [what, { text }] of Object.entries(pages)) {
        witness.sees(`${what}: no message to everyone`, !/postMessage\([^)]*['"]\*/.test(text))
      }
    },
  },
]

function portalOf({ portal }: AttackTarget): DeveloperPortal {
  if (!portal) throw new Error('this check has to name the portal as a need')
  return portal
}

/** Names that the eye takes for this one. */
function imitationsOf(name: string): string[] {
  const cyrillic: Readonly<Record<string, string>> = {
    a: '\u0430',
    e: '\u0435',
    o: '\u043e',
    p: '\u0440',
  }
  return [
    name,
    name.toUpperCase(),
    ` ${[...name].join(' ')}.`,
    [...name].map((letter) => cyrillic[letter] ?? letter).join(''),
    [...name].map((letter) => String.fromCodePoint(fullWidthOf(letter))).join(''),
    name.replace(/[a-z]/, '$&\u0301'),
  ]
}

function fullWidthOf(letter: string): number {
  const code = letter.codePointAt(0) ?? 0
  return code > 0x20 && code < 0x7f ? code + 0xfee0 : code
}

function refusesName(what: string, { status }: BrowserPage, witness: Witness): void {
  witness.sees(what, status >= 400 && status < 500, `${status}`)
}

/** Asks for pages rather than for JSON. */
function browserOfPeople(): (url: string) => Promise<BrowserPage> {
  const browser = new TestBrowser()
  return (url) => browser.open(url, { headers: { accept: 'text/html' } })
}

function seesHarmless(what: string, page: BrowserPage, witness: Witness): void {
  const isText = !(page.headers.get('content-type') ?? '').startsWith('text/html')
  const elements = isText ? [] : page.root.querySelectorAll('*')
  const intruders = elements.filter(
    ({ tagName, attributes }) =>
      tagName === 'XSS-PROBE' || Object.keys(attributes).some((name) => /^on/i.test(name)),
  )
  const isSafe = intruders.length === 0 && page.status < 500
  witness.sees(what, isSafe, isSafe ? 'stays text' : `${what}: ${page.status}, markup`)
}
