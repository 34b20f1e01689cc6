// Whose a request would be that no route takes: where nothing is, a tenant still answers in the form that its clients
// read.

import type { FastifyRequest } from 'fastify'
import type { Site } from './route.ts'

type Place = Pick<Site, 'issuer' | 'routingRefusal'>

export interface SiteDirectory {
  add(site: Place): void
  /** @returns undefined where it is below no issuer */
  siteOf(request: Pick<FastifyRequest, 'headers' | 'raw'>): Place | undefined
}

export function createSiteDirectory(): SiteDirectory {
  const entries: { readonly site: Place; readonly host: string; readonly folder: string }[] = []
  return {
    add(site) {
      const { host, pathname } = new URL(site.issuer)
      entries.push({ site, host, folder: pathname.endsWith('/') ? pathname : `${pathname}/` })
      // The longest path is the nearest issuer.
      entries.sort((one, other) => other.folder.length - one.folder.length)
    },
    siteOf({ headers, raw }) {
      const [path = ''] = (raw.url ?? '').split('?', 1)
      const [nearest] = entries.filter(({ folder }) => `${path}/`.startsWith(folder))
      const sharing = entries.filter(({ folder }) => folder === nearest?.folder)
      return (sharing.find(({ host }) => host === headers.host) ?? nearest)?.site
    },
  }
}
