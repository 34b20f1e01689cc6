// What can happen, as data: so that a run that breaks the law can be shrunk, printed and done again.

import fc from 'fast-check'

/** Of two: nodes, apps and users are few, so that moves meet each other. */
type Either = 0 | 1

export interface Settings {
  readonly lifetimeSeconds: number
  readonly format: 'jwt' | 'opaque'
  readonly contract: 'standard' | 'versioned' | 'mister-james'
}

export type Move =
  /** An app or a key fetches a token for itself. */
  | { readonly do: 'fetch'; readonly node: Either; readonly by: 'machine' | 'key' }
  /** A user allows an app, which redeems the code at once or leaves it for later. */
  | {
      readonly do: 'approve'
      readonly node: Either
      readonly user: Either
      readonly app: Either
      readonly redeem: boolean
    }
  | { readonly do: 'redeem'; readonly node: Either; readonly which: number }
  /** With any refresh token that there ever was, or any that was spent. */
  | {
      readonly do: 'refresh'
      readonly node: Either
      readonly which: number
      readonly spent: boolean
    }
  /** By the app, of any token that there ever was. */
  | { readonly do: 'revoke'; readonly node: Either; readonly which: number }
  | {
      readonly do: 'disconnect'
      readonly node: Either
      readonly user: Either
      readonly app: Either
    }
  | { readonly do: 'disable app'; readonly node: Either; readonly app: 0 | 1 | 'machine' }
  | { readonly do: 'disable user'; readonly node: Either; readonly user: Either }
  | { readonly do: 'change password'; readonly node: Either; readonly user: Either }
  | { readonly do: 'suspend key'; readonly node: Either }
  | { readonly do: 'resume key'; readonly node: Either }
  /** Both nodes start anew with other settings. */
  | ({ readonly do: 'configure' } & Settings)
  | { readonly do: 'rotate keys'; readonly node: Either }
  | { readonly do: 'clean up'; readonly node: Either }
  | { readonly do: 'restart'; readonly what: Either | 'api' }
  | { readonly do: 'back up' }
  | { readonly do: 'restore'; readonly feed: boolean; readonly endAllGrants: boolean }
  | { readonly do: 'step'; readonly what: Either | 'api'; readonly seconds: -60 | 60 }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'feed'; readonly isAway: boolean }

const HOUR = 3600

const either = fc.constantFrom<Either>(0, 1)
const which = fc.nat({ max: 5 })
const node = either

/** What lies on either side of a window, and up to half a day: for longer nobody leaves the copy of the feed alone. */
const seconds = fc.constantFrom(1, 11, 31, 61, 301, HOUR, 3 * HOUR, 12 * HOUR)

function move<Fields extends object>(
  name: string,
  weight: number,
  fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
) {
  const arbitrary = fc.record({ do: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<Move>
  return { weight, arbitrary }
}

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  move('fetch', 6, { node, by: fc.constantFrom('machine', 'key') }),
  move('approve', 8, {
    ...{ node, user: either, app: either },
    redeem: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
  }),
  move('redeem', 2, { node, which }),
  move('refresh', 9, { node, which, spent: fc.boolean() }),
  move('revoke', 3, { node, which }),
  move('disconnect', 2, { node, user: either, app: either }),
  move('disable app', 2, { node, app: fc.constantFrom(0, 1, 'machine') }),
  move('disable user', 1, { node, user: either }),
  move('change password', 2, { node, user: either }),
  move('suspend key', 2, { node }),
  move('resume key', 2, { node }),
  move('configure', 4, {
    lifetimeSeconds: fc.constantFrom(600, HOUR, 24 * HOUR),
    format: fc.constantFrom('jwt', 'jwt', 'jwt', 'opaque'),
    contract: fc.constantFrom('standard', 'standard', 'versioned', 'mister-james'),
  }),
  move('rotate keys', 1, { node }),
  move('clean up', 4, { node }),
  move('restart', 3, { what: fc.constantFrom(0, 1, 'api', 'api') }),
  move('back up', 2, {}),
  move('restore', 3, { feed: fc.boolean(), endAllGrants: fc.boolean() }),
  move('step', 3, {
    what: fc.constantFrom(0, 1, 'api'),
    seconds: fc.constantFrom(-60, 60),
  }),
  move('wait', 6, { seconds }),
  move('feed', 2, { isAway: fc.boolean() }),
)

export const anyMoves = fc.array(anyMove, { minLength: 2, maxLength: 18, size: 'max' })
