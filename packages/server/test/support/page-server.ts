// Serves rendered pages with their policy and assets, and remembers the forms that come back: a page alone, without an authorization server.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { brandStylesheet } from '../../src/ui/brand.ts'
import { ASSET_FOLDER, type RenderedPage } from '../../src/ui/render.ts'
import { SAMPLE_CONTEXT, SAMPLE_TENANT } from './sample-pages.ts'

export interface PageServer {
  readonly origin: string
  /** Bodies of the forms that were posted, in order. */
  readonly posts: string[]
  /** Shows this page from now on. */
  show(page: RenderedPage): void
  close(): Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

export async function startPageServer(): Promise<PageServer> {
  const posts: string[] = []
  let page: RenderedPage | undefined
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      posts.push(await text(request))
      // Slow enough for an impatient person to press the button again.
      setTimeout(() => response.end('received'), 200)
    } else if (request.url?.startsWith(SAMPLE_CONTEXT.assetBase)) sendAsset(request, response)
    else if (page) sendPage(page, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    show(next) {
      page = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function sendPage(page: RenderedPage, response: ServerResponse): void {
  response
    .setHeader('content-type', 'text/html; charset=utf-8')
    .setHeader('content-security-policy', page.contentSecurityPolicy)
    .end(page.html)
}

function sendAsset(request: IncomingMessage, response: ServerResponse): void {
  const file = request.url?.slice(SAMPLE_CONTEXT.assetBase.length + 1) ?? ''
  const body =
    file === 'brand.css' ? brandStylesheet(SAMPLE_TENANT) : readFileSync(join(ASSET_FOLDER, file))
  response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain').end(body)
}
