// Where somebody wants to go who has to sign in first. The server keeps nothing: the sign-in page carries it, sealed
// and bound to the browser. Only paths of our own get in, so that it cannot lead anywhere else.

import { isSameBrowser } from '../identity/browser.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { Sealer } from '../platform/seal.ts'
import { PageError } from '../protocol/errors.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { OWN_PATHS, type OwnPath } from '../protocol/own-paths.ts'
import { formatForm, type Params, parseForm } from '../protocol/params.ts'

export interface VisitDeps {
  readonly clock: Clock
  readonly sealer: Sealer
}

/** A page of ours, with what tells it which app or secret it is about. */
export interface Destination {
  readonly path: OwnPath
  readonly query: Readonly<Record<string, string>>
}

export interface Visit extends Destination {
  /** What was typed into a form that could not be taken yet: it comes back filled in. */
  readonly draft: string | undefined
  /** Hash of the browser's cookie: nobody else's browser can go on with it. */
  readonly browser: string
  readonly issuedAtSeconds: number
}

const LIFETIME_SECONDS = 3600
/** Sealed it must fit into the URL that leads back to the form. */
const MAX_DRAFT_LENGTH = 10_000
const VISIT = 'visit'
const DRAFT = 'draft'

export function startVisit(
  { path, query }: Destination,
  { browser, form }: { browser: string; form: Params | undefined },
  { clock }: VisitDeps,
): Visit {
  return {
    path,
    query,
    draft: form && draftOf(form),
    browser: sha256(browser),
    issuedAtSeconds: clock.nowSeconds(),
  }
}

function draftOf(form: Params): string | undefined {
  const fields = [...form].filter(([name]) => name !== 'token')
  const text = formatForm(new Map(fields))
  return text.length > MAX_DRAFT_LENGTH ? undefined : text
}

export function sealVisit(visit: Visit, { sealer }: VisitDeps): string {
  return sealer.seal(JSON.stringify(visit), VISIT)
}

/** @throws PageError when it was not made by us, or for another browser */
export function openVisit(
  sealed: string | undefined,
  incoming: Pick<IncomingRequest, 'cookies'>,
  { clock, sealer }: VisitDeps,
): { visit: Visit; expired: boolean } {
  const text = sealed === undefined ? undefined : sealer.open(sealed, VISIT)
  if (text === undefined) throw new PageError('interaction_invalid')
  const visit: Visit = JSON.parse(text)
  if (!isSameBrowser(visit.browser, incoming)) {
    throw new PageError('interaction_of_other_browser')
  }
  return { visit, expired: clock.nowSeconds() - visit.issuedAtSeconds > LIFETIME_SECONDS }
}

/** The path, below the issuer, at which a visit ends. */
export function destinationPath(visit: Visit, { sealer }: VisitDeps): string {
  const { path, query, draft, browser } = visit
  const sealed = draft && { draft: sealer.sealPacked(JSON.stringify({ draft, browser }), DRAFT) }
  return ownPath(path, { ...query, ...sealed })
}

export function ownPath(path: OwnPath, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? path : `${path}?${text}`
}

/** What had been typed before signing in; empty when there is nothing, or it is not of this browser. */
export function openDraft(
  sealed: string | undefined,
  incoming: Pick<IncomingRequest, 'cookies'>,
  { sealer }: VisitDeps,
): Params {
  const text = sealed === undefined ? undefined : sealer.openPacked(sealed, DRAFT)
  if (text === undefined) return new Map()
  const kept: { draft: string; browser: string } = JSON.parse(text)
  return isSameBrowser(kept.browser, incoming) ? parseForm(kept.draft) : new Map()
}

/** Where somebody goes who only wants to sign in. */
export const HOME: Destination = { path: OWN_PATHS.connectedApps, query: {} }
