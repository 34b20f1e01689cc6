// A new secret on its way from the answer that made it to the page that shows it: in a cookie that only we can read,
// and that goes when it is shown. So a form ends with a redirect, a reload makes no second app, and no URL holds it.

import type { SignedIn } from '../account/signed-in.ts'
import type { CookieChange } from '../protocol/message.ts'
import type { PortalDeps } from './portal.ts'

interface NewSecret {
  readonly clientId: string
  readonly name: string
  readonly secret: string
}

const COOKIE = 'new-secret'
const PURPOSE = 'new secret'
/** A page that was never reached must not show it tomorrow. */
const LIFETIME_SECONDS = 300
/** Registered in so many tabs, before any of them has shown its own. */
const MOST_WAITING = 20

type Sealed = NewSecret & { readonly session: string; readonly issuedAtSeconds: number }

export function carrySecret(
  secret: NewSecret,
  { account }: SignedIn,
  { sealer, clock }: PortalDeps,
): CookieChange {
  const { session } = account
  const sealed: Sealed = { ...secret, session: session.id, issuedAtSeconds: clock.nowSeconds() }
  const value = sealer.seal(JSON.stringify(sealed), PURPOSE)
  return { name: COOKIE, value, maxAgeSeconds: LIFETIME_SECONDS }
}

/** The new secret of this app, for this session, this once. The cookies of several come in one text. */
export function showSecret(
  clientId: string,
  { incoming, account }: SignedIn,
  { sealer, clock }: PortalDeps,
): { newSecret: NewSecret | undefined; cookies: readonly CookieChange[] } {
  for (const was of (incoming.cookies[COOKIE] ?? '').split('.', MOST_WAITING)) {
    const text = sealer.open(was, PURPOSE)
    const sealed: Sealed | undefined = text === undefined ? undefined : JSON.parse(text)
    if (sealed?.clientId !== clientId || sealed.session !== account.session.id) continue
    const isOver = clock.nowSeconds() - sealed.issuedAtSeconds > LIFETIME_SECONDS
    return {
      newSecret: isOver ? undefined : sealed,
      cookies: [{ name: COOKIE, value: undefined, was, maxAgeSeconds: undefined }],
    }
  }
  return { newSecret: undefined, cookies: [] }
}
