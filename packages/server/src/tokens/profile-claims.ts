// What the scopes of an authorization let an app know about its user: the same in ID tokens and at UserInfo.

import type { UserRecord } from '../store/records.ts'

/** Whether there is anything to tell: `openid` alone stands for `sub`. */
export function coversProfile(scopes: readonly string[]): boolean {
  return scopes.includes('profile') || scopes.includes('email')
}

/** OIDC Core §5.4: the claims that each scope asks for. */
export function profileClaimsOf(user: UserRecord, scopes: readonly string[]): object {
  return {
    ...(scopes.includes('profile') && {
      name: user.name,
      preferred_username: user.username,
      locale: user.locale ?? undefined,
    }),
    ...(scopes.includes('email') &&
      user.email !== null && { email: user.email, email_verified: user.emailVerified }),
  }
}
