// Whose a request would be that no route takes: where nothing is, a tenant still answers in the form that its clients
// read.

import type { FastifyRequest } from 'fastify'
import type { Place } from './route.ts'

export interface SiteDirectory {
  add(site: Place & { readonly issuer: string }): void
  placeOf(request: Pick<FastifyRequest, 'headers' | 'raw'>): Place
}

/** @param house what answers below no issuer */
export function createSiteDirectory(house: Place): SiteDirectory {
  const entries: { readonly site: Place; readonly host: string; readonly folder: string }[] = []

  /** Its pages are those of the one tenant, where there are no others that strangers must not hear of. */
  function placeOfNobody(): Place {
    const [only, ...others] = entries
    if (only === undefined || others.length > 0) return house
    return { ...only.site, routingRefusal: undefined }
  }

  return {
    add(site) {
      const { host, pathname } = new URL(site.issuer)
      entries.push({ site, host, folder: pathname.endsWith('/') ? pathname : `${pathname}/` })
      // The longest path is the nearest issuer.
      entries.sort((one, other) => other.folder.length - one.folder.length)
    },
    placeOf({ headers, raw }) {
      const [path = ''] = (raw.url ?? '').split('?', 1)
      const [nearest] = entries.filter(({ folder }) => `${path}/`.startsWith(folder))
      const sharing = entries.filter(({ folder }) => folder === nearest?.folder)
      const place = sharing.find(({ host }) => host === headers.host) ?? nearest
      return place?.site ?? placeOfNobody()
    },
  }
}
