// Who may do what: what somebody has to be to an app for each action on it. Every operation names its action and asks
// here; nothing else decides. Must not know pages, HTTP or SQL.

import type { UserId } from '../protocol/ids.ts'
import type { ClientRecord, Membership } from '../store/records.ts'

/** What an account holder is to an app of an organisation that they belong to. */
type AppRelation = 'registrant' | 'admin' | 'member'

export const APP_ACCESS = {
  'app.read': ['registrant', 'admin', 'member'],
  // A member who could add a redirect URI or a secret could collect what other people have allowed the app.
  'app.update': ['registrant', 'admin'],
  'app.add_secret': ['registrant', 'admin'],
  'app.revoke_secret': ['registrant', 'admin'],
  'app.allow_implicit': ['registrant', 'admin'],
  'app.disallow_implicit': ['registrant', 'admin'],
  'app.delete': ['registrant', 'admin'],
} as const satisfies Readonly<Record<string, readonly AppRelation[]>>

export type AppAction = keyof typeof APP_ACCESS

export interface AppVisitor {
  readonly userId: UserId
  /** In the organisation that owns the app: nobody else is anything to it. */
  readonly membership: Membership
}

export function mayActOnApp(
  action: AppAction,
  client: Pick<ClientRecord, 'registeredBy'>,
  visitor: AppVisitor,
): boolean {
  const allowed: readonly AppRelation[] = APP_ACCESS[action]
  return relationsTo(client, visitor).some((relation) => allowed.includes(relation))
}

function relationsTo(
  { registeredBy }: Pick<ClientRecord, 'registeredBy'>,
  { userId, membership }: AppVisitor,
): readonly AppRelation[] {
  const isRegistrant = registeredBy === userId
  return [membership.role, ...(isRegistrant ? (['registrant'] as const) : [])]
}
