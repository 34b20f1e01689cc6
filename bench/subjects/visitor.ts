// A browser just good enough for the sign-in pages of the peers: keeps cookies, follows redirects, fills in one form.

export class Visitor {
  readonly #cookies = new Map<string, string>()

  get cookies(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async open(url: string, init: RequestInit = {}): Promise<Page> {
    const headers = { ...init.headers, cookie: this.cookies }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    const text = await response.text()
    const location = response.headers.get('location') ?? refreshIn(text)
    return {
      url,
      status: response.status,
      text,
      location: location === undefined ? undefined : new URL(location, url).href,
    }
  }

  /** Follows redirects within the site. */
  async visit(url: string, init?: RequestInit): Promise<Page> {
    const page = await this.open(url, init)
    const leads = page.location !== undefined && sameOrigin(page.location, url)
    return leads ? this.visit(page.location as string) : page
  }

  /** Sends the first form of the page with everything that is hidden in it. */
  async submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]*)"/.exec(page.text)?.[1]
    if (action === undefined) throw new Error(`no form on ${page.url}:\n${page.text}`)
    const hidden = page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
    const body = new URLSearchParams([...hidden].map(([, name = '', value = '']) => [name, value]))
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return this.visit(new URL(action, page.url).href, { method: 'POST', body })
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';', 1)
    const [name = '', ...value] = pair.split('=')
    if (value.join('=') === '') this.#cookies.delete(name)
    else this.#cookies.set(name, value.join('='))
  }
}

/** Where a page leads by itself. */
function refreshIn(text: string): string | undefined {
  const refresh = /<meta http-equiv="refresh" content="0;url=([^"]*)"/.exec(text)?.[1]
  return refresh?.replaceAll('&amp;', '&')
}

export interface Page {
  readonly url: string
  readonly status: number
  readonly text: string
  /** Absolute, when the answer leads on: by a redirect, or by a page that does so itself. */
  readonly location: string | undefined
}

function sameOrigin(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin
}
