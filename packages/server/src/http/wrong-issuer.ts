// Notices that an issuer is not where requests arrive: apps and browsers then go elsewhere than they are sent from, and
// nothing here fails for it. Said once for each issuer: strangers can send any host and any path.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Log } from '../protocol/message.ts'

/** The documents that every app reads first: whoever asks for one below another path has the right server. */
const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

/** A tenant, as far as it matters here. */
interface Place {
  readonly tenant: string
  readonly issuer: string
}

/** @returns what notices requests for a tenant that arrive as they should not; and never refuses one */
export function createIssuerWatch(log: Log) {
  const told = new Set<string>()
  const places: Place[] = []

  function tell({ tenant, issuer }: Place, seen: object): void {
    if (told.has(tenant)) return
    told.add(tenant)
    log.error(
      { tenant, issuer, ...seen },
      'requests do not arrive where the issuer says: correct the issuer, or let the proxy pass host, path and X-Forwarded-Proto as they came; `ostiary doctor` looks at it',
    )
  }

  return {
    watch(server: FastifyInstance, site: Place): void {
      places.push(site)
      const { host, protocol } = new URL(site.issuer)
      server.addHook('onRequest', (request, _reply, next) => {
        if (told.has(site.tenant)) return next()
        const seen = request.caller.protocol
        // A person's browser alone says for certain by which name it came; a probe may use any.
        const byName = request.headers['sec-fetch-mode'] === 'navigate' && request.headers.host
        if (byName && byName !== host) tell(site, { host: byName })
        else if (seen !== undefined && `${seen}:` !== protocol) tell(site, { protocol: seen })
        next()
      })
    },
    /** A request for nothing: is it for a tenant, below another path than its own? */
    lookAtNothing(request: FastifyRequest): void {
      const [path = ''] = (request.raw.url ?? '').split('?', 1)
      if (!METADATA.some((end) => path.endsWith(end))) return
      const [only, ...others] = places
      if (only !== undefined && others.length === 0) tell(only, { path })
    },
  }
}

export type IssuerWatch = ReturnType<typeof createIssuerWatch>
