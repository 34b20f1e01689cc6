// What can happen, as data: so that a run that breaks the law can be shrunk, printed and done again.

import fc from 'fast-check'

/** Of two: nodes, apps and users are few, so that moves meet each other. */
type Either = 0 | 1

/**
 * What the tenant is: one whose contract changes among those that sign with the same keys, the same just after the
 * upgrade from a version whose tokens had no tags, or one of a contract that stays.
 */
export type TenantKind = 'oauth' | 'upgraded' | 'financial-cents' | 'crm-com'

export interface Settings {
  readonly lifetimeSeconds: number
  readonly format: 'jwt' | 'opaque'
  readonly contract:
    | 'standard'
    | 'versioned'
    | 'mister-james'
    | 'json-api'
    | 'financial-cents'
    | 'crm-com'
}

interface Fields {
  // What gives tokens.
  /** An app or a key fetches a token for itself. */
  fetch: { node: Either; by: 'machine' | 'key' }
  /** A user allows an app, which redeems the code at once or leaves it for later. */
  approve: { node: Either; user: Either; app: Either; redeem: boolean }
  /** A user allows an app of the browser, which gets its token in the answer (RFC 6749 §4.2). */
  'approve in the browser': { node: Either; user: Either }
  redeem: { node: Either; which: number }
  /** With any refresh token that there ever was, or any that was spent. */
  refresh: { node: Either; which: number; spent: boolean }
  'sign in by password': { node: Either; user: Either }
  /** With a code of the user, by the key, or with a JWT of the trusted issuer, which may say when it was made. */
  exchange: { node: Either; user: Either; by: 'code' | 'jwt' | 'undated jwt' }

  // What presents again what was used.
  'replay a code': { node: Either; which: number }
  'replay a jwt': { node: Either; which: number }

  // What ends them.
  /** By the app, of any token that there ever was. */
  revoke: { node: Either; which: number }
  disconnect: { node: Either; user: Either; app: Either }
  'revoke all': { node: Either; user: Either }
  'change password': { node: Either; user: Either }
  'disable user': { node: Either; user: Either }
  'disable app': { node: Either; app: 0 | 1 | 'machine' }
  'delete app': { node: Either; app: 0 | 1 | 'machine' }
  /** Under the id of one that was deleted. */
  'register app': { node: Either; app: 0 | 1 | 'machine' }
  'suspend key': { node: Either }
  'resume key': { node: Either }
  'delete key': { node: Either }
  'suspend issuer': { node: Either }
  'resume issuer': { node: Either }
  'remove issuer': { node: Either }
  'remove identifier': { node: Either; user: Either; of: 'code' | 'jwt' }

  // What goes on around them.
  /** Both nodes start anew with other settings. */
  configure: Settings
  'rotate keys': { node: Either }
  'clean up': { node: Either }
  restart: { what: Either | 'api' }
  'back up': object
  restore: { feed: boolean; endAllGrants: boolean }
  step: { what: Either | 'api'; seconds: -60 | 60 }
  wait: { seconds: number }
  feed: { isAway: boolean }
}

export type MoveName = keyof Fields
export type MoveOf<Name extends MoveName> = { readonly do: Name } & Readonly<Fields[Name]>
export type Move = { [Name in MoveName]: MoveOf<Name> }[MoveName]

export interface Sequence {
  readonly tenant: TenantKind
  readonly moves: readonly Move[]
}

interface Kind<Name extends MoveName> {
  readonly weight: number
  /** Where it can do anything. */
  readonly only?: readonly TenantKind[]
  /** A sequence without it would be about nothing. */
  readonly always?: true
  readonly fields: { readonly [Field in keyof Fields[Name]]: fc.Arbitrary<Fields[Name][Field]> }
}

const HOUR = 3600
const WITH_CODES: readonly TenantKind[] = ['oauth', 'upgraded', 'financial-cents']
const OAUTH: readonly TenantKind[] = ['oauth', 'upgraded']
const WITH_KEYS: readonly TenantKind[] = ['oauth', 'upgraded', 'crm-com']

const either = fc.constantFrom<Either>(0, 1)
const node = either
const user = either
const app = either
const anyApp = fc.constantFrom<0 | 1 | 'machine'>(0, 1, 'machine')
const anyMachine = fc.constantFrom<0 | 1 | 'api'>(0, 1, 'api')
const which = fc.nat({ max: 5 })

const KINDS: { readonly [Name in MoveName]: Kind<Name> } = {
  fetch: {
    ...{ weight: 6, only: OAUTH, always: true },
    fields: { node, by: fc.constantFrom('machine', 'key') },
  },
  approve: {
    ...{ weight: 8, only: WITH_CODES, always: true },
    fields: {
      ...{ node, user, app },
      redeem: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
    },
  },
  'approve in the browser': { weight: 3, only: OAUTH, fields: { node, user } },
  redeem: { weight: 2, only: WITH_CODES, fields: { node, which } },
  refresh: { weight: 9, only: WITH_CODES, fields: { node, which, spent: fc.boolean() } },
  // Each costs as much as twenty other moves.
  'sign in by password': { weight: 1, only: OAUTH, fields: { node, user } },
  exchange: {
    ...{ weight: 6, only: WITH_KEYS, always: true },
    fields: { node, user, by: fc.constantFrom('code', 'jwt', 'undated jwt') },
  },

  'replay a code': { weight: 2, only: WITH_CODES, fields: { node, which } },
  'replay a jwt': { weight: 3, only: WITH_KEYS, fields: { node, which } },

  revoke: { weight: 3, only: WITH_CODES, fields: { node, which } },
  disconnect: { weight: 2, only: WITH_CODES, fields: { node, user, app } },
  'revoke all': { weight: 2, fields: { node, user } },
  'change password': { weight: 2, fields: { node, user } },
  'disable user': { weight: 1, fields: { node, user } },
  'disable app': { weight: 2, only: WITH_CODES, fields: { node, app: anyApp } },
  'delete app': { weight: 2, only: WITH_CODES, fields: { node, app: anyApp } },
  'register app': { weight: 2, only: WITH_CODES, fields: { node, app: anyApp } },
  'suspend key': { weight: 2, only: WITH_KEYS, fields: { node } },
  'resume key': { weight: 2, only: WITH_KEYS, fields: { node } },
  'delete key': { weight: 1, only: WITH_KEYS, fields: { node } },
  'suspend issuer': { weight: 2, only: WITH_KEYS, fields: { node } },
  'resume issuer': { weight: 2, only: WITH_KEYS, fields: { node } },
  'remove issuer': { weight: 1, only: WITH_KEYS, fields: { node } },
  'remove identifier': {
    ...{ weight: 2, only: WITH_KEYS },
    fields: { node, user, of: fc.constantFrom('code', 'jwt') },
  },

  configure: {
    weight: 4,
    fields: {
      lifetimeSeconds: fc.constantFrom(600, HOUR, 24 * HOUR),
      format: fc.constantFrom('jwt', 'jwt', 'jwt', 'opaque'),
      contract: fc.constantFrom('standard', 'standard', 'versioned', 'mister-james', 'json-api'),
    },
  },
  'rotate keys': { weight: 1, fields: { node } },
  'clean up': { weight: 4, fields: { node } },
  restart: { weight: 3, fields: { what: anyMachine } },
  'back up': { weight: 2, fields: {} },
  restore: { weight: 3, fields: { feed: fc.boolean(), endAllGrants: fc.boolean() } },
  step: {
    weight: 3,
    fields: { what: anyMachine, seconds: fc.constantFrom(-60, 60) },
  },
  // What lies on either side of a window, and up to half a day: for longer nobody leaves the copy of the feed alone.
  wait: {
    weight: 6,
    fields: { seconds: fc.constantFrom(1, 11, 31, 61, 301, HOUR, 3 * HOUR, 12 * HOUR) },
  },
  feed: { weight: 2, fields: { isAway: fc.boolean() } },
}

const NAMES = Object.keys(KINDS) as MoveName[]

const anyTenant = fc.oneof(
  { weight: 6, arbitrary: fc.constant<TenantKind>('oauth') },
  { weight: 1, arbitrary: fc.constant<TenantKind>('upgraded') },
  { weight: 1, arbitrary: fc.constant<TenantKind>('financial-cents') },
  { weight: 2, arbitrary: fc.constant<TenantKind>('crm-com') },
)

/** Of some kinds only, each time others: among all of them the rare ones would hardly ever meet. */
export const anySequence: fc.Arbitrary<Sequence> = fc
  .record({ tenant: anyTenant, kinds: fc.subarray(NAMES, { minLength: 8 }) })
  .chain(({ tenant, kinds }) => {
    const here = NAMES.filter((name) => KINDS[name].only?.includes(tenant) ?? true)
    const meant = here.filter((name) => KINDS[name].always || kinds.includes(name))
    const anyMove = fc.oneof(...meant.map(anyMoveOf))
    const moves = fc.array(anyMove, { minLength: 2, maxLength: 18, size: 'max' })
    return fc.record({ tenant: fc.constant(tenant), moves })
  })

function anyMoveOf(name: MoveName) {
  const { weight, fields } = KINDS[name]
  const arbitrary = fc.record({ do: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<Move>
  return { weight, arbitrary }
}
