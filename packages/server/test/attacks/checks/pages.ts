// Attacks on what people read: names that deceive, text that wants to be markup, windows that watch.

import { type BrowserPage, TestBrowser } from '../../support/browser.ts'
import { offers } from '../app-under-attack.ts'
import type { Check, Witness } from '../check.ts'

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
    title: 'a window that another site opened gives that site no hold on it',
    needs: ['own sign-in pages'],
    async run(scene, witness) {
      const browser = await scene.signIn()
      const pages = {
        'sign-in': await new TestBrowser().openAndFollow(scene.web.authorizeUrl()),
        consent: await browser.openAndFollow(scene.web.authorizeUrl({ prompt: 'consent' })),
        'sign-out': await browser.openAndFollow(scene.target.endpoints.signOut),
      }
      for (const [what, { headers, text }] of Object.entries(pages)) {
        const policy = headers.get('cross-origin-opener-policy') ?? 'no policy'
        witness.sees(what, policy === 'same-origin', policy)
        witness.sees('no message to everyone', !/postMessage\([^)]*['"]\*/.test(text))
      }
    },
  },
]

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
