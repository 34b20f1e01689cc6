// A browser without a screen: keeps cookies, reads forms, presses buttons. It does not follow redirects by itself.

import { type HTMLElement, parse } from 'node-html-parser'
import { fetchFrom } from './http-request.ts'
import { leadsTo } from './leaving-page.ts'

export interface BrowserPage {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Absolute, when the answer leads on: by a redirect, or by a page that does so itself. */
  readonly location: string | undefined
  /** The same as it was sent. */
  readonly sentLocation: string | undefined
  readonly url: string
  readonly root: HTMLElement
}

export class TestBrowser {
  readonly cookies = new Map<string, string>()
  readonly #address: string | undefined

  /** @param address where the server listens, when its name leads nowhere */
  constructor(address?: string) {
    this.#address = address
  }

  async open(url: string, init: RequestInit = {}): Promise<BrowserPage> {
    const headers = { cookie: this.#cookieHeader(), ...init.headers }
    const request: RequestInit = { ...init, redirect: 'manual', headers }
    const response = await (this.#address === undefined
      ? fetch(url, request)
      : fetchFrom(this.#address, { ...request, url }))
    this.#keepCookies(response)
    const text = await response.text()
    const sentLocation = response.headers.get('location') ?? leadsTo(text)
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: sentLocation === undefined ? undefined : new URL(sentLocation, url).href,
      sentLocation,
      url,
      root: parse(text),
    }
  }

  /** Follows redirects as long as they stay on this origin. */
  async openAndFollow(url: string): Promise<BrowserPage> {
    return this.#follow(await this.open(url))
  }

  /**
   * Sends the form that holds a field or button of this name, as a browser would.
   * A value of undefined leaves the field out, a list sends it several times.
   */
  async submit(
    page: BrowserPage,
    fields: Record<string, string | readonly string[] | undefined>,
    headers: Record<string, string> = {},
  ): Promise<BrowserPage> {
    return this.submitForm({ page, form: findForm(page, Object.keys(fields)) }, fields, headers)
  }

  /** The same with one particular form of the page. */
  async submitForm(
    { page, form }: { page: BrowserPage; form: HTMLElement },
    fields: Record<string, string | readonly string[] | undefined>,
    headers: Record<string, string> = {},
  ): Promise<BrowserPage> {
    const body = new URLSearchParams(defaultFields(form).filter(([name]) => !(name in fields)))
    for (const [name, value] of Object.entries(fields)) {
      for (const each of [value ?? []].flat()) body.append(name, each)
    }
    const url = new URL(form.getAttribute('action') ?? '', page.url).href
    return this.open(url, {
      method: 'POST',
      body: body.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    })
  }

  async submitAndFollow(
    page: BrowserPage,
    fields: Record<string, string | readonly string[] | undefined>,
  ): Promise<BrowserPage> {
    return this.#follow(await this.submit(page, fields))
  }

  async #follow(page: BrowserPage): Promise<BrowserPage> {
    let current = page
    for (let hops = 0; hops < 10; hops += 1) {
      const { location, url } = current
      if (location === undefined || new URL(location).origin !== new URL(url).origin) return current
      current = await this.open(location)
    }
    throw new Error('too many redirects')
  }

  #cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, decodeURIComponent(value))
    }
  }
}

function findForm(page: BrowserPage, names: readonly string[]): HTMLElement {
  const forms = page.root.querySelectorAll('form')
  const has = (form: HTMLElement, name: string) => form.querySelector(`[name="${name}"]`) !== null
  const form = forms.find((candidate) => names.some((name) => has(candidate, name))) ?? forms[0]
  if (!form) throw new Error(`no form on the page: ${page.status} ${page.text.slice(0, 400)}`)
  return form
}

/** What the form sends when nobody touches it. */
export function defaultFields(form: HTMLElement): [string, string][] {
  return form
    .querySelectorAll('input[name], textarea[name]')
    .flatMap((input): [string, string][] => {
      const name = input.getAttribute('name') ?? ''
      const isArea = input.tagName === 'TEXTAREA'
      const value = isArea ? input.textContent.trim() : (input.getAttribute('value') ?? '')
      const choice = ['checkbox', 'radio'].includes(input.getAttribute('type') ?? '')
      return choice && !input.hasAttribute('checked') ? [] : [[name, value]]
    })
}
