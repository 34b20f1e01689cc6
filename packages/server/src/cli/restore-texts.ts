// What `ostiary restore` says: read at three in the morning, by somebody who has never run it before.

import type { EndedInTenant, RestoreResult } from '../operations/restore.ts'
import type { GrantsToEnd, RestoredState } from '../store/port/restore.ts'
import type { CopyOfFeed } from './feed/later-revocations.ts'

export interface Restored {
  readonly result: RestoreResult
  readonly state: RestoredState
  readonly copies: readonly CopyOfFeed[]
  readonly ends: GrantsToEnd
}

const momentOf = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Asks for the choice that nobody can make but the operator. */
export function whatIsMissing(
  tenants: readonly { readonly name: string; readonly issuer: string }[],
  state: RestoredState,
  nowSeconds: number,
): string {
  return `what was revoked since ${momentOf(state.newestAtSeconds)} (${spanOf(state.newestAtSeconds, nowSeconds)}) is not in this backup, and would be good again: authorizations that users ended, apps and accounts that were disabled, refresh tokens that were spent
→ the best: --feed <file>, the copy that \`ostiary feed follow\` kept of ${tenants.map(({ issuer }) => issuer).join(', ')}; what it names ends, refresh tokens that a use replaces end, stable ones go on, and users need not allow again what their apps still had
→ without one: --end-all-grants is safe; users sign in and allow their apps again
→ only if nothing can have been revoked or stolen, or it does not matter: --accept-lost-revocations; every refresh token of the backup goes on
nothing was changed`
}

function spanOf(fromSeconds: number, untilSeconds: number): string {
  const minutes = Math.ceil(Math.max(0, untilSeconds - fromSeconds) / 60)
  if (minutes === 1) return '1 minute'
  return minutes < 48 * 60 ? `${minutes} minutes` : `${Math.round(minutes / 60 / 24)} days`
}

export interface Lost {
  readonly fromSeconds: number
  readonly untilSeconds: number
  /** Whether what was revoked then is good again, in a tenant without a copy of the feed. */
  readonly revocations: boolean
  /** Whether refresh tokens that were spent then are good again. */
  readonly spentTokens: boolean
}

/** The time of which the database knows nothing. */
export function describeLost({ state, result, copies, ends }: Restored): Lost {
  return {
    fromSeconds: state.newestAtSeconds,
    untilSeconds: result.issuedUntilSeconds,
    revocations: ends === 'named' && copies.length < result.ended.length,
    spentTokens: ends === 'named',
  }
}

export function describeRestoration(
  { result, copies, ends }: Restored,
  { keptAs, lost }: { readonly keptAs: string | null; readonly lost: Lost },
): string {
  const { fromSeconds, untilSeconds } = lost
  const span = `${momentOf(fromSeconds)} and ${momentOf(untilSeconds)} (${spanOf(fromSeconds, untilSeconds)})`
  return [
    keptAs === null ? 'restored' : `restored; the database that was there is kept as ${keptAs}`,
    `void: every access token issued before ${momentOf(result.issuedUntilSeconds)}, every signing key (servers make new ones), and every sign-in session`,
    WHAT_GOES_ON[ends],
    ...copies.map(
      ({ issuer, lastReadAtSeconds }) =>
        `the copy of the feed of ${issuer} was read last at ${momentOf(lastReadAtSeconds)}: what was revoked after that is not in it`,
    ),
    ...result.ended.flatMap(describeEnded),
    `lost: everything that was registered, changed or allowed between ${span}`,
    ...(lost.revocations
      ? [`lost, as you accepted: what was revoked between ${span} is good again`]
      : []),
    ...(lost.spentTokens
      ? [`lost, as you accepted: refresh tokens that were spent between ${span} are good again`]
      : []),
    '→ do again what was done in that time to end something: new passwords, disabled accounts and apps, revoked secrets and keys',
    '→ start the servers, then run `ostiary doctor`',
  ].join('\n')
}

/** What becomes of apps, by what was chosen to end. */
const WHAT_GOES_ON: Readonly<Record<GrantsToEnd, string>> = {
  all: 'ended: all authorizations; users sign in and allow their apps again',
  rotating:
    'ended: every refresh token that a use replaces, since it may have been spent; those apps send their users to sign in, who need not allow them again. Apps with a stable refresh token get a new access token by themselves',
  named:
    'apps that hold a refresh token of the backup get a new access token by themselves; those whose token was renewed since have to ask their user again',
}

function describeEnded({ tenant, grants, users, clients }: EndedInTenant): string[] {
  return [
    grants > 0 ? `${tenant}: ${grants} authorizations were ended since, and are again` : '',
    users.length > 0
      ? `${tenant}: everything has ended of these users, who were disabled, got a new password or ended all themselves since: ${users.join(', ')}`
      : '',
    clients.length > 0
      ? `${tenant}: everything has ended of these apps and keys, which were disabled or removed since: ${clients.join(', ')}`
      : '',
  ].filter((line) => line !== '')
}
