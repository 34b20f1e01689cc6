// Web sites on this machine, at origins of their own: the app that people come back to, and the attacker's.

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Site {
  readonly origin: string
  stop(): Promise<void>
}

/** What a visitor's browser asks a site for. */
export interface Visit {
  readonly method: string
  readonly url: URL
  readonly form: URLSearchParams
}

type SiteAnswer =
  | { readonly html: string }
  | { readonly redirect: string }
  | { readonly script: string }

/** `127.0.0.1` is another site than `localhost`, where the server runs; `localhost` only another origin. */
type Host = '127.0.0.1' | 'localhost'

export async function startSite(host: Host, answer: (visit: Visit) => SiteAnswer): Promise<Site> {
  const server = createServer(async (request, response) => {
    const given = answer(await readVisit(request))
    if ('redirect' in given) response.writeHead(303, { location: given.redirect }).end()
    else if ('script' in given)
      response.setHeader('content-type', 'text/javascript').end(given.script)
    else response.setHeader('content-type', 'text/html; charset=utf-8').end(given.html)
  })
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://${host}:${port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The site of an app. `/callback` shows what it received, `/moving` goes on there, `/form` posts elsewhere. */
export function startAppSite(): Promise<Site> {
  return startSite('127.0.0.1', (visit) => {
    const { pathname, search } = visit.url
    if (pathname === '/moving') return { redirect: `/callback${search}` }
    if (pathname === '/callback') return { html: page('Back in the app', describeVisit(visit)) }
    if (pathname === '/form') return { html: page('A form', describeForm(visit)) }
    return { html: page(pathname.slice(1)) }
  })
}

function describeVisit({ method, url, form }: Visit): string {
  const fields = method === 'POST' ? form : url.searchParams
  const received = JSON.stringify({ method, ...Object.fromEntries(fields) })
  return `<pre id="received">${received.replace(/[&<]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</pre>`
}

function describeForm({ url }: Visit): string {
  return `<form method="post" action="${url.searchParams.get('action')}"><button>Send</button></form>`
}

function page(title: string, body = ''): string {
  return `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}`
}

async function readVisit(request: IncomingMessage): Promise<Visit> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  const { method = '', url = '' } = request
  return {
    method,
    url: new URL(url, `http://${request.headers.host}`),
    form: new URLSearchParams(body),
  }
}
