// What each page says, as data: endpoints fill it in, `ui` turns it into HTML.

import type { PageErrorReason } from './errors.ts'
import type { RedirectDifference } from './redirect-uri.ts'
import type { LocalisedText } from './tenant.ts'

interface PageCommon {
  /** Language asked for by the request (`ui_locales`), before the browser's own. */
  readonly uiLocales: string | undefined
}

/** A page whose form leads back to an authorization request. */
interface InteractionPage extends PageCommon {
  /** Sealed request; goes back in the hidden field `interaction`. */
  readonly interaction: string
  readonly app: PageApp
  /** Origins and schemes that the form may end up at (CSP `form-action`). */
  readonly formActions: readonly string[]
}

export interface PageApp {
  readonly name: string
  readonly publisher: string | undefined
  readonly homepage: string | undefined
  readonly privacyUri: string | undefined
  readonly termsUri: string | undefined
  readonly firstParty: boolean
}

export interface PageAccount {
  /** Names the session among those of this browser; goes back in the field `account`. */
  readonly id: string
  readonly name: string
  readonly username: string
}

/** POST `sign-in`: fields `interaction`, `username`, `password`. */
export interface SignInPage extends InteractionPage {
  readonly page: 'sign-in'
  readonly username: string
  readonly problem:
    | { readonly kind: 'wrong_credentials' }
    | { readonly kind: 'field_missing'; readonly fields: readonly ('username' | 'password')[] }
    | { readonly kind: 'locked'; readonly seconds: number }
    | { readonly kind: 'expired' }
    | undefined
  /** Accounts already signed in, when the user came from the account switcher. */
  readonly hasOtherAccounts: boolean
}

/** POST `account`: fields `interaction` and a button `account` = session id, or empty for another account. */
export interface SelectAccountPage extends InteractionPage {
  readonly page: 'select-account'
  readonly accounts: readonly PageAccount[]
}

/** POST `consent`: fields `interaction`, `scope` (repeated), `organisation`, button `decision` = allow | deny. */
export interface ConsentPage extends InteractionPage {
  readonly page: 'consent'
  readonly account: PageAccount
  /** More than one: the user picks. One: it is stated. None: the product has no organisations. */
  readonly organisations: readonly { readonly id: string; readonly name: string }[]
  readonly selectedOrganisation: string | undefined
  readonly scopes: readonly PageScope[]
  /** How long the app keeps access without asking again; undefined when only until its token expires. */
  readonly refreshSeconds: number | undefined
  readonly accessSeconds: number
  /** Host (or private scheme) the browser goes to next. */
  readonly redirectHost: string
  readonly redirectIsLoopback: boolean
  readonly problem: 'organisation_missing' | undefined
}

export interface PageScope {
  readonly name: string
  readonly description: LocalisedText | undefined
  readonly group: LocalisedText | undefined
  readonly access: 'read' | 'change' | 'delete' | undefined
  readonly sensitive: boolean
  readonly optional: boolean
  /** Allowed before: shown folded away. */
  readonly known: boolean
}

export interface ErrorPage extends PageCommon {
  readonly page: 'error'
  readonly reason: PageErrorReason
  readonly requestId: string
  readonly received: string | undefined
  readonly difference: RedirectDifference | undefined
  readonly retryAfterSeconds: number | undefined
  /** An authorization request, as form text: a link on the page sends it again. */
  readonly continueWith: string | undefined
}

/** POST `sign-out`: field `token`; asks first, so that no other site can sign a user out. */
export interface SignOutPage extends PageCommon {
  readonly page: 'sign-out'
  readonly token: string
  readonly accounts: readonly PageAccount[]
  readonly formActions: readonly string[]
}

export interface SignedOutPage extends PageCommon {
  readonly page: 'signed-out'
}

export type Page =
  | SignInPage
  | SelectAccountPage
  | ConsentPage
  | ErrorPage
  | SignOutPage
  | SignedOutPage
