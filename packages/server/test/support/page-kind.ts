// Which of our pages a browser is looking at, told by the fields that it offers.

import type { BrowserPage } from './browser.ts'

export type PageKind =
  | 'sign-in'
  | 'consent'
  | 'select-account'
  | 'sign-out'
  | 'signed-out'
  | 'error'
  | 'redirect'

export function kindOf({ location, root, status }: BrowserPage): PageKind {
  if (location !== undefined) return 'redirect'
  const offers = (name: string) => root.querySelector(`[name=${name}]`) !== null
  if (offers('password')) return 'sign-in'
  if (offers('decision')) return 'consent'
  if (offers('account')) return 'select-account'
  if (offers('token')) return 'sign-out'
  return status < 400 ? 'signed-out' : 'error'
}
