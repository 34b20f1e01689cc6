// Cross-site request forgery: a form of ours is only ever sent by a page of ours (RFC 9700 §4.7).

import { PageError } from '../protocol/errors.ts'

/**
 * Browsers tell where a form was sent from. A caller that tells nothing is no browser, so it carries nobody's
 * cookies but its own. The sealed interaction in each form is the second lock.
 * @throws PageError cross_site_post
 */
export function checkSameOrigin(
  headers: { 'sec-fetch-site'?: string | string[] | undefined; origin?: string | undefined },
  issuer: string,
): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined) {
    if (site === 'same-origin') return
    throw new PageError('cross_site_post')
  }
  if (headers.origin === undefined || headers.origin === new URL(issuer).origin) return
  throw new PageError('cross_site_post')
}
