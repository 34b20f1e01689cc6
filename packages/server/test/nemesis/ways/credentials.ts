// What an operator makes for callers who come without a browser: a trusted issuer of JWTs, and users in numbers.

import { hashPassword } from '../../../src/identity/passwords.ts'
import { linkIdentity } from '../../../src/operations/access-identifiers.ts'
import type { ClientContext } from '../../../src/operations/clients.ts'
import { addTrustedIssuer } from '../../../src/operations/trusted-issuers.ts'
import { toUserRecords } from '../../../src/operations/users.ts'
import { newId } from '../../../src/platform/random.ts'
import {
  IDENTITY_AUDIENCE,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../../support/identity-system.ts'
import { PASSWORD } from '../../support/world.ts'
import { ORGANISATION } from '../person.ts'
import { JWT_LIFETIME_SECONDS } from '../place.ts'

export interface Jwt {
  readonly id: string
  readonly text: string
}

/** @returns what signs JWTs for bob, each good for one use */
export async function trustIssuer(context: ClientContext): Promise<() => Promise<Jwt>> {
  const key = await newIdentityKey('k1')
  const issuer = `https://identity.example/${newId()}`
  const pinnedKeys = jwksOf([key])
  await addTrustedIssuer(
    { name: 'Identity', issuer, audience: IDENTITY_AUDIENCE, pinnedKeys },
    context,
  )
  await linkIdentity({ username: 'bob', issuer, subject: 'bob' }, context)
  return async () => {
    const id = newId()
    const exp = context.clock.nowSeconds() + JWT_LIFETIME_SECONDS
    return { id, text: await signIdentity(key, { iss: issuer, sub: 'bob', exp, jti: id }) }
  }
}

/** One hash serves them all: each would take as long as a sign-in. */
export async function createUsers(
  count: number,
  context: ClientContext,
): Promise<readonly string[]> {
  const passwordHash = await hashPassword(PASSWORD)
  const usernames = Array.from({ length: count }, () => `user-${newId()}`)
  const memberships = [{ organisationId: ORGANISATION }]
  for (const username of usernames) {
    const input = { username, name: username, passwordHash, memberships }
    const records = toUserRecords(input, context)
    await context.store.createUser(records.user, records.memberships)
  }
  return usernames
}
