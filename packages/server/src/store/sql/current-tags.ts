// Conditions in the guards of what gives tokens: the app and the user still have the tags that the tokens will carry.
// Neither row need be locked: should one of them get another tag at the same moment, what was given is void by its own.

import { type Expression, expressionBuilder } from 'kysely'
import type { ClientId, RevocationTag, UserId } from '../../protocol/ids.ts'
import type { Database } from './schema.ts'

type Of<Value> = Value | Expression<Value>

interface ClientFacts {
  readonly tenant: Of<string>
  readonly clientId: Of<ClientId>
  readonly clientTag: Of<RevocationTag>
}

interface UserFacts {
  readonly tenant: Of<string>
  readonly userId: Of<UserId | null>
  readonly userTag: Of<RevocationTag | null>
}

export type HolderFacts = ClientFacts & UserFacts

/** For what an app is given by a user; keys and issuers are looked at themselves. */
export function tagsAreCurrent(facts: HolderFacts) {
  return expressionBuilder<Database>().and([clientTagIsCurrent(facts), userTagIsCurrent(facts)])
}

/** One value, which is looked up by its key: PostgreSQL might join a row that only has to exist with all of a tenant. */
export function clientTagIsCurrent({ tenant, clientId, clientTag }: ClientFacts) {
  const eb = expressionBuilder<Database>()
  const current = eb
    .selectFrom('clients')
    .where('clients.tenant', '=', tenant)
    .where('clients.id', '=', clientId)
    .select('clients.tag')
  return eb(current, '=', clientTag)
}

export function userTagIsCurrent({ tenant, userId, userTag }: UserFacts) {
  const eb = expressionBuilder<Database>()
  const current = eb
    .selectFrom('users')
    .where('users.tenant', '=', tenant)
    .where('users.id', '=', userId as UserId)
    .select('users.tag')
  return eb(current, '=', userTag as RevocationTag)
}
