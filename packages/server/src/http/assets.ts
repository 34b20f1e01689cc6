// The style sheets and scripts of the pages, below each issuer so that a proxy needs to know no other path.

import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { ASSET_HEADERS } from './headers.ts'
import type { Site } from './route.ts'

const MAX_AGE = '1h'

export interface AssetPlace {
  readonly prefix: string
  readonly constraints: { readonly host?: string }
}

export function serveAssets(
  scope: FastifyInstance,
  site: Site,
  { prefix, constraints }: AssetPlace,
): void {
  scope.register(fastifyStatic, {
    root: site.assetsFolder,
    prefix: `${prefix}/assets/`,
    decorateReply: false,
    index: false,
    constraints,
    maxAge: MAX_AGE,
    setHeaders: (reply) => {
      for (const [name, value] of Object.entries(ASSET_HEADERS)) reply.header(name, value)
    },
  })
  scope.get(`${prefix}/assets/brand.css`, { constraints }, async (_request, reply) =>
    reply.headers(ASSET_HEADERS).type('text/css').send(site.brandStylesheet),
  )
}
