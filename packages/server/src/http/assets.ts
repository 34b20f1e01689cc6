// The style sheets and scripts of the pages, below each issuer so that a proxy needs to know no other path.

import fastifyStatic from '@fastify/static'
import type { FastifyError, FastifyInstance } from 'fastify'
import { ASSET_HEADERS, JSON_HEADERS } from './headers.ts'
import type { Site } from './route.ts'
import { NOT_FOUND } from './serve-request.ts'

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
  scope.register(async (files) => {
    // What the files refuse, such as a path that leads out of their folder, is not there.
    files.setErrorHandler((error: FastifyError, _request, reply) => {
      if ((error.statusCode ?? 500) >= 500) throw error
      return reply.code(404).headers(JSON_HEADERS).send(JSON.stringify(NOT_FOUND))
    })
    files.register(fastifyStatic, {
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
  })
  scope.get(`${prefix}/assets/brand.css`, { constraints }, async (_request, reply) =>
    reply.headers(ASSET_HEADERS).type('text/css').send(site.brandStylesheet),
  )
}
