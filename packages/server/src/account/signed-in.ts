// What stands before every page of our own: somebody is signed in, recently enough, and a form that is posted comes
// from a page of this very session.

import { type Account, readAccounts } from '../identity/sessions.ts'
import { newId } from '../platform/random.ts'
import { PageError } from '../protocol/errors.ts'
import type { Endpoint, IncomingRequest, Reply } from '../protocol/message.ts'
import type { OwnPage } from '../protocol/page.ts'
import { optional, type Params } from '../protocol/params.ts'
import { type AccountDeps, askToSignIn } from './sign-in.ts'
import { type Destination, openDraft } from './visit.ts'

/** A request of somebody who is signed in. */
export interface SignedIn {
  readonly incoming: IncomingRequest
  /** The one used last, of several in this browser. */
  readonly account: Account
  /** What the page of a form shows in it: what was typed before a sign-in came between, and else nothing. */
  readonly draft: Params
  /** Names the form that was posted, so that it can be counted once; empty for a GET. */
  readonly formId: string
}

export interface Rules {
  /** The page that a user comes back to after signing in: for a form, the one that shows it. */
  readonly to: (params: Params) => Destination
  /** How long ago the user may have signed in. */
  readonly freshSeconds?: number
}

export function forSignedIn(
  rules: Rules,
  deps: AccountDeps,
  serve: (signedIn: SignedIn) => Promise<Reply>,
): Endpoint {
  return async (incoming) => {
    const { params, cookies, method } = incoming
    const [account] = await readAccounts(cookies.session, deps)
    const form = method === 'POST' ? params : undefined
    const to = rules.to(params)
    if (account === undefined) return askToSignIn({ incoming, to, form }, deps)
    const formId = form === undefined ? '' : openFormToken(form, account, deps)
    const ageSeconds = deps.clock.nowSeconds() - account.session.authTimeSeconds
    if (ageSeconds > (rules.freshSeconds ?? Infinity)) {
      return askToSignIn({ incoming, to, form, problem: { kind: 'too_long_ago' } }, deps)
    }
    const draft = openDraft(optional(params, 'draft'), incoming, deps)
    return serve({ incoming, account, draft: form ?? draft, formId })
  }
}

const FORM = 'form'

interface FormToken {
  readonly id: string
  readonly session: string
}

/** @throws PageError when the form is not of a page of this session */
function openFormToken(form: Params, { session }: Account, { sealer }: AccountDeps): string {
  const sealed = optional(form, 'token')
  const text = sealed === undefined ? undefined : sealer.open(sealed, FORM)
  const token: FormToken | undefined = text === undefined ? undefined : JSON.parse(text)
  if (token?.session !== session.id) throw new PageError('form_outdated')
  return token.id
}

const NOTICES = ['saved', 'revoked', 'allowed', 'disallowed', 'deleted', 'removed'] as const

export type Notice = (typeof NOTICES)[number]

/** What every page of our own is filled in with. */
export function ownPage({ incoming, account }: SignedIn, { sealer }: AccountDeps): OwnPage {
  const { session, user } = account
  const token: FormToken = { id: newId(), session: session.id }
  const done = optional(incoming.params, 'done')
  return {
    uiLocales: user.locale ?? undefined,
    account: { id: session.id, name: user.name, username: user.username },
    token: sealer.seal(JSON.stringify(token), FORM),
    notice: incoming.method === 'GET' ? NOTICES.find((known) => known === done) : undefined,
  }
}
