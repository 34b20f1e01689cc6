// What `ostiary restore` says: read at three in the morning, by somebody who has never run it before.

import type { EndedInTenant, RestoreResult } from '../operations/restore.ts'
import type { RestoredState } from '../store/port/restore.ts'
import type { CopyOfFeed } from './feed/later-revocations.ts'

export interface Restored {
  readonly result: RestoreResult
  readonly state: RestoredState
  readonly copies: readonly CopyOfFeed[]
}

const momentOf = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Asks for the choice that nobody can make but the operator. */
export function whatIsMissing(
  tenants: readonly { readonly name: string; readonly issuer: string }[],
  state: RestoredState,
  nowSeconds: number,
): string {
  return `what was revoked since ${momentOf(state.newestAtSeconds)} (${spanOf(state.newestAtSeconds, nowSeconds)}) is not in this backup, and would be good again: authorizations that users ended, apps and accounts that were disabled
→ the best: --feed <file>, the copy that \`ostiary feed follow\` kept of ${tenants.map(({ issuer }) => issuer).join(', ')}
→ without one: --end-all-grants is safe; users sign in and allow their apps again
→ only if nothing can have been revoked, or it does not matter: --accept-lost-revocations
nothing was changed`
}

function spanOf(fromSeconds: number, untilSeconds: number): string {
  const minutes = Math.ceil(Math.max(0, untilSeconds - fromSeconds) / 60)
  if (minutes === 1) return '1 minute'
  return minutes < 48 * 60 ? `${minutes} minutes` : `${Math.round(minutes / 60 / 24)} days`
}

interface Choices {
  readonly endAllGrants?: boolean
  readonly acceptLostRevocations?: boolean
}

export interface Lost {
  readonly fromSeconds: number
  readonly untilSeconds: number
  /** Whether what was revoked then is good again. */
  readonly revocations: boolean
}

/** The time of which the database knows nothing. */
export function describeLost(
  { state, result, copies }: Restored,
  { endAllGrants = false, acceptLostRevocations = false }: Choices,
): Lost {
  return {
    fromSeconds: state.newestAtSeconds,
    untilSeconds: result.issuedUntilSeconds,
    revocations: acceptLostRevocations && !endAllGrants && copies.length < result.ended.length,
  }
}

export function describeRestoration(
  { result, copies }: Restored,
  { keptAs, lost }: { readonly keptAs: string | null; readonly lost: Lost },
): string {
  const { fromSeconds, untilSeconds } = lost
  const span = `${momentOf(fromSeconds)} and ${momentOf(untilSeconds)} (${spanOf(fromSeconds, untilSeconds)})`
  return [
    keptAs === null ? 'restored' : `restored; the database that was there is kept as ${keptAs}`,
    `void: every access token issued before ${momentOf(result.issuedUntilSeconds)}, and every sign-in session; apps that hold a refresh token get a new access token by themselves`,
    ...copies.map(
      ({ issuer, lastReadAtSeconds }) =>
        `the copy of the feed of ${issuer} was read last at ${momentOf(lastReadAtSeconds)}: what was revoked after that is not in it`,
    ),
    ...result.ended.flatMap(describeEnded),
    `lost: everything that was registered, changed or allowed between ${span}; apps whose refresh token was renewed then have to ask their user again`,
    ...(lost.revocations
      ? [`lost, as you accepted: what was revoked between ${span} is good again`]
      : []),
    '→ do again what was done in that time to end something: new passwords, disabled accounts and apps, revoked secrets and keys',
    '→ start the servers, then run `ostiary doctor`',
  ].join('\n')
}

function describeEnded({ tenant, allGrants, grants, users, clients }: EndedInTenant): string[] {
  return [
    allGrants ? `${tenant}: all authorizations have ended` : '',
    grants > 0 ? `${tenant}: ${grants} authorizations were ended since, and are again` : '',
    users.length > 0
      ? `${tenant}: everything has ended of these users, who were disabled, got a new password or ended all themselves since: ${users.join(', ')}`
      : '',
    clients.length > 0
      ? `${tenant}: everything has ended of these apps and keys, which were disabled or removed since: ${clients.join(', ')}`
      : '',
  ].filter((line) => line !== '')
}
