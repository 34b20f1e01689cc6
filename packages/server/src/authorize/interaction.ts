// The state of a request that is waiting for its user. The server keeps none: the page carries it, sealed, and
// brings it back. It is bound to the browser that it was given to.

import { isSameBrowser } from '../identity/browser.ts'
import type { Account } from '../identity/sessions.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { newId } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { PageError } from '../protocol/errors.ts'
import type { UserId } from '../protocol/ids.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { formatForm, type Params, parseForm } from '../protocol/params.ts'

export interface Interaction {
  /** Names this request: it is answered once. */
  readonly id: string
  /** The authorization request as form text, checked again from scratch at each step. */
  readonly request: string
  /** Hash of the browser's cookie: nobody else's browser can go on with it (RFC 9700 §4.7). */
  readonly browser: string
  readonly issuedAtSeconds: number
  /** The session (by id) that the user chose or signed in with. */
  readonly account: string | undefined
  /** Whose it is: a sign-in in another tab may have put a newer session in its place. */
  readonly user: UserId | undefined
  /** The user proved who they are for this very request: what `prompt=login` and `max_age` ask for. */
  readonly freshSignIn: boolean
  /** The user asked to sign in with yet another account. */
  readonly otherAccount: boolean
  /** Digest of what the consent page said: the answer counts for that and nothing else. */
  readonly shown: string | undefined
  /** It was left open too long and began anew: the next page says so, and then it is like any other. */
  readonly restarted: boolean
}

export interface InteractionDeps {
  readonly clock: Clock
  readonly sealer: Sealer
}

const LIFETIME_SECONDS = 3600
/** Clocks of several nodes differ: an answer is remembered until it is expired for all of them. */
const CLOCK_TOLERANCE_SECONDS = 60
/** Sealed it must fit into a form field and a URL. */
const MAX_REQUEST_LENGTH = 10_000
const PURPOSE = 'interaction'

export function startInteraction(
  params: Params,
  browser: string,
  deps: Pick<InteractionDeps, 'clock'>,
): Interaction {
  return beginAnew({ request: formatRequest(params), browser: sha256(browser) }, deps)
}

/** What the app asks for still counts, and nothing of what the user has said to it. */
export function beginAnew(
  { request, browser }: Pick<Interaction, 'request' | 'browser'>,
  { clock }: Pick<InteractionDeps, 'clock'>,
): Interaction {
  return {
    id: newId(),
    request,
    browser,
    issuedAtSeconds: clock.nowSeconds(),
    account: undefined,
    user: undefined,
    freshSignIn: false,
    otherAccount: false,
    shown: undefined,
    restarted: false,
  }
}

/** The user proved who they are: that is good for one answer, whatever was done with the request before. */
export function withSignIn(interaction: Interaction, account: Account): Interaction {
  return { ...withAccount(interaction, account), freshSignIn: true }
}

/** The user chose among the accounts of this browser: good for one answer, too. */
export function withAccount(interaction: Interaction, account: Account): Interaction {
  const named = nameAccount(interaction, account)
  return { ...named, id: newId(), freshSignIn: false, otherAccount: false }
}

export function nameAccount(interaction: Interaction, { session, user }: Account): Interaction {
  return { ...interaction, account: session.id, user: user.id }
}

/** An authorization request as form text. @throws PageError request_malformed, when it is too long to come back */
export function formatRequest(params: Params): string {
  const text = formatForm(params)
  if (text.length > MAX_REQUEST_LENGTH) throw new PageError('request_malformed')
  return text
}

export function sealInteraction(interaction: Interaction, { sealer }: InteractionDeps): string {
  return sealer.sealPacked(JSON.stringify(interaction), PURPOSE)
}

export interface OpenedInteraction {
  readonly interaction: Interaction
  readonly params: Params
}

/** @throws PageError when it was not made by us, or for another browser */
export function openInteraction(
  sealed: string | undefined,
  incoming: Pick<IncomingRequest, 'cookies'>,
  { clock, sealer }: InteractionDeps,
): OpenedInteraction {
  const text = sealed === undefined ? undefined : sealer.openPacked(sealed, PURPOSE)
  if (text === undefined) throw new PageError('interaction_invalid')
  const interaction: Interaction = JSON.parse(text)
  if (!isSameBrowser(interaction.browser, incoming)) {
    throw new PageError('interaction_of_other_browser')
  }
  const params = parseForm(interaction.request)
  const expired = clock.nowSeconds() - interaction.issuedAtSeconds > LIFETIME_SECONDS
  if (!expired) return { interaction, params }
  return { interaction: { ...beginAnew(interaction, { clock }), restarted: true }, params }
}

/** Until when the store must remember that this interaction was answered. */
export function interactionExpiry({ issuedAtSeconds }: Interaction): number {
  return issuedAtSeconds + LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS
}
