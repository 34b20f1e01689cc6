// Somebody at our own pages, in a browser without a screen: signs in, opens pages, sends their forms.

import { type BrowserPage, TestBrowser } from './browser.ts'
import type { TestServer } from './start-server.ts'
import type { Fields } from './test-app.ts'
import { PASSWORD, type TestClient, type Username } from './world.ts'

export class AccountHolder {
  readonly browser = new TestBrowser()
  readonly server: Pick<TestServer, 'issuer'>

  constructor(server: Pick<TestServer, 'issuer'>) {
    this.server = server
  }

  static async signedIn(server: Pick<TestServer, 'issuer'>, username: Username) {
    const holder = new AccountHolder(server)
    await holder.signIn(await holder.open('/account/sign-in'), username)
    return holder
  }

  /** Fills in the sign-in page. @returns the page that it leads to */
  signIn(page: BrowserPage, username: Username): Promise<BrowserPage> {
    return this.browser.submitAndFollow(page, { username, password: PASSWORD })
  }

  open(path: string): Promise<BrowserPage> {
    return this.browser.openAndFollow(this.server.issuer + path)
  }

  /** Sends the form of the page that leads to this path; redirects are followed. */
  async send(page: BrowserPage, path: string, fields: Fields = {}): Promise<BrowserPage> {
    const answer = await this.post(page, path, fields)
    return answer.location === undefined ? answer : this.browser.openAndFollow(answer.location)
  }

  /** The same, up to the first answer. */
  post(page: BrowserPage, path: string, fields: Fields = {}): Promise<BrowserPage> {
    const forms = page.root.querySelectorAll('form')
    const form = forms.find((each) => each.getAttribute('action')?.endsWith(path))
    if (!form)
      throw new Error(`no form leads to ${path}: ${page.status} ${page.text.slice(0, 400)}`)
    return this.browser.submitForm({ page, form }, fields)
  }

  /** Sends fields where no form of the page leads, with the token of its session. */
  postTo(page: BrowserPage, path: string, fields: Fields): Promise<BrowserPage> {
    const form = page.root.querySelector('form:has([name=token])')
    if (!form) throw new Error(`no form with a token: ${page.status}`)
    form.setAttribute('action', `${this.server.issuer}/developers${path}`)
    return this.browser.submitForm({ page, form }, fields)
  }

  /** Registers an app. @returns the page that shows it */
  async register(fields: Fields = {}): Promise<BrowserPage> {
    const usual = {
      name: 'Ledgerly',
      type: 'confidential',
      redirect_uris: 'https://app.ledgerly.example/callback',
    }
    return this.send(await this.open('/developers/new'), '/developers/new', { ...usual, ...fields })
  }
}

/** The app that a page shows, with its secret when it is shown. */
export function clientOn(page: BrowserPage): TestClient {
  const id = page.root.querySelector('dd code')?.textContent
  if (id === undefined)
    throw new Error(`no app on the page: ${page.status} ${page.text.slice(0, 400)}`)
  const redirectUris = page.root.querySelector('[name=redirect_uris]')?.textContent.trim() ?? ''
  return {
    id,
    secret: page.root.querySelector('#new-secret')?.textContent,
    redirectUri: redirectUris.split('\n')[0] ?? '',
  }
}

/** What a page says is wrong. */
export function problemsOn(page: BrowserPage): readonly string[] {
  return page.root.querySelectorAll('.problem li').map(({ textContent }) => textContent)
}
