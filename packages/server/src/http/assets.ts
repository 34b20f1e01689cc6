// The style sheets and scripts of the pages, below each issuer so that a proxy needs to know no other path. They are
// few and small, and are answered from memory: opening a file for each request would let strangers use up all that a
// process may hold open.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ASSET_HEADERS } from './headers.ts'
import { sendNothing } from './nothing.ts'
import type { Asset, Place } from './route.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const CACHED_FOR_AN_HOUR = 'public, max-age=3600'

export interface AssetPlace {
  readonly prefix: string
  readonly constraints: { readonly host?: string }
}

/** Reads the files of a folder, once for all tenants. */
export function readAssets(folder: string): ReadonlyMap<string, Asset> {
  return new Map(readdirSync(folder).map((name) => [name, readAsset(join(folder, name))]))
}

function readAsset(path: string): Asset {
  const type = TYPES[extname(path)]
  if (type === undefined) throw new Error(`${path}: which Content-Type has it? Add it to TYPES`)
  const asset = createAsset(readFileSync(path), type)
  const headers = {
    ...asset.headers,
    'cache-control': CACHED_FOR_AN_HOUR,
    'last-modified': statSync(path).mtime.toUTCString(),
  }
  return { ...asset, headers }
}

function createAsset(body: Buffer, type: string): Asset {
  const digest = createHash('sha256').update(body).digest('base64url')
  return { body, headers: { ...ASSET_HEADERS, 'content-type': type, etag: `"${digest}"` } }
}

export function serveAssets(
  scope: FastifyInstance,
  site: Place,
  { prefix, constraints }: AssetPlace,
): void {
  const brand = createAsset(Buffer.from(site.brandStylesheet), 'text/css')
  scope.get<{ Params: { file: string } }>(
    `${prefix}/assets/:file`,
    { constraints },
    (request, reply) => {
      const asset = site.assets.get(request.params.file)
      if (asset) sendAsset(request, reply, asset)
      else sendNothing(request, reply, site)
    },
  )
  scope.get(`${prefix}/assets/brand.css`, { constraints }, (request, reply) => {
    sendAsset(request, reply, brand)
  })
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, { body, headers }: Asset): void {
  reply.headers(headers)
  if (isKnown(request, headers)) reply.code(304).removeHeader('content-type').send()
  else reply.send(body)
}

/** Whether the browser has it already (RFC 9110 §13.2.2: the tag decides, and without one the date). */
function isKnown(
  { headers: asked }: FastifyRequest,
  { etag, 'last-modified': changedAt }: Asset['headers'],
): boolean {
  const tags = asked['if-none-match']
  if (tags !== undefined) {
    const known = tags.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
    return known.includes('*') || (etag !== undefined && known.includes(etag))
  }
  const since = Date.parse(asked['if-modified-since'] ?? '')
  return changedAt !== undefined && Date.parse(changedAt) <= since
}
