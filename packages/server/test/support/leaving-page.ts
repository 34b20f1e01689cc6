// The page that leads from a form of ours to the app by itself, where other servers answer with a redirect.

import { parse } from 'node-html-parser'

/** @returns where the page leads by itself, as it stands there; undefined for any other page */
export function leadsTo(html: string): string | undefined {
  if (!html.includes('http-equiv="refresh"')) return undefined
  const refresh = parse(html).querySelector('meta[http-equiv="refresh"]')?.getAttribute('content')
  return /^0;url=(.+)$/s.exec(refresh ?? '')?.[1]
}
