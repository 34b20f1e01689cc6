// What each page says, as data: endpoints fill it in, `ui` turns it into HTML.

import type { FormProblem } from './form-problem.ts'
import type { PageErrorReason } from './page-reasons.ts'
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
export interface SignInPage extends Omit<InteractionPage, 'app'> {
  readonly page: 'sign-in'
  /** undefined when the user wants one of our own pages. */
  readonly app: PageApp | undefined
  readonly username: string
  readonly problem: SignInProblem | undefined
  /** Accounts already signed in, when the user came from the account switcher. */
  readonly hasOtherAccounts: boolean
  /** Host (or private scheme) of an app whose request is refused: it is told so there when the user has signed in. */
  readonly toldAt: string | undefined
  /** Whether the app asked for another user than those who are signed in here (OIDC Core §3.1.2.1). */
  readonly otherExpected: boolean
}

export type SignInProblem =
  | { readonly kind: 'wrong_credentials' }
  | { readonly kind: 'field_missing'; readonly fields: readonly ('username' | 'password')[] }
  | { readonly kind: 'locked'; readonly seconds: number }
  /** It was open too long and began anew. */
  | { readonly kind: 'expired' }
  /** Signed in already, but for what comes next the user has to prove it again. */
  | { readonly kind: 'too_long_ago' }

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
  /** The user has allowed this app before, but not to send them there. */
  readonly redirectIsNew: boolean
  /** `changed`: since the page was shown, what it asks has become another question. */
  readonly problem: 'organisation_missing' | 'changed' | undefined
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
}

export interface SignedOutPage extends PageCommon {
  readonly page: 'signed-out'
}

/** At the address of the issuer, for a person who has come there by chance. */
export interface FrontPage extends PageCommon {
  readonly page: 'front'
  /** undefined where no tenant is, but several beside it: to strangers none of them is named. */
  readonly issuer: string | undefined
  /** Which of our own pages there are. */
  readonly sections: readonly ('connectedApps' | 'developerApps')[]
}

// --- Our own pages, for somebody who is signed in

export interface OwnPage extends PageCommon {
  readonly account: PageAccount
  /** Sealed; comes back in the field `token` of every form: nothing but a page of this session can send one. */
  readonly token: string
  /** What has just been done. */
  readonly notice:
    | 'saved'
    | 'revoked'
    | 'allowed'
    | 'disallowed'
    | 'deleted'
    | 'removed'
    | undefined
}

/** What has access to the user's data. */
export interface ConnectedAppsPage extends OwnPage {
  readonly page: 'connected-apps'
  readonly connections: readonly PageConnection[]
  readonly part: PagePart
}

/** Which part of a list a page shows. */
export interface PagePart {
  /** Where the next one goes on; undefined when nothing follows. */
  readonly next: string | undefined
  readonly isFirst: boolean
}

export interface PageConnection {
  readonly clientId: string
  readonly organisationId: string | undefined
  readonly app: PageApp
  readonly organisation: string | undefined
  readonly scopes: readonly PageScope[]
  readonly sinceSeconds: number
  readonly lastUsedAtSeconds: number | undefined
}

/** POST `removeConnectedApp`: fields `token`, `app`, `organisation`. */
export interface ConnectedAppRemovalPage extends OwnPage {
  readonly page: 'connected-app-removal'
  readonly connection: PageConnection
}

/** The apps that a developer has registered, for each of their organisations. */
export interface DeveloperAppsPage extends OwnPage {
  readonly page: 'developer-apps'
  readonly organisations: readonly {
    readonly id: string
    readonly name: string
    readonly apps: readonly PageDeveloperApp[]
    readonly part: PagePart
  }[]
}

export interface PageDeveloperApp {
  readonly id: string
  readonly name: string
  readonly type: 'confidential' | 'public'
  readonly createdAtSeconds: number
  readonly lastUsedAtSeconds: number | undefined
  readonly disabled: boolean
}

/** POST `newDeveloperApp`: fields `token`, `name`, `type`, `redirect_uris` (a line each), `organisation`. */
export interface NewDeveloperAppPage extends OwnPage {
  readonly page: 'new-developer-app'
  /** One: it is stated. More: the user picks. */
  readonly organisations: readonly { readonly id: string; readonly name: string }[]
  readonly form: {
    readonly name: string
    readonly type: string
    readonly redirectUris: string
    readonly organisation: string
  }
  readonly problems: readonly FormProblem[]
}

/**
 * POST `saveDeveloperApp`: fields `token`, `app`, `name`, `redirect_uris`; POST `addSecret`: `token`, `app`,
 * `secret_name`, `expires`; POST `allowTokenGrant`: `token`, `app`, `why`, `ends`; POST `disallowTokenGrant`: `token`,
 * `app`.
 */
export interface DeveloperAppPage extends OwnPage {
  readonly page: 'developer-app'
  readonly app: PageDeveloperApp
  readonly organisation: string
  /** Name of a person, or of the company that runs the server; undefined when nobody knows any more. */
  readonly registeredBy: string | undefined
  readonly endpoints: PageEndpoints
  readonly pkce: { readonly required: boolean; readonly methods: readonly string[] }
  readonly scopes: readonly string[]
  /** It asks for scopes that exist nowhere. */
  readonly ignoredScopes: { readonly uses: number; readonly lastAtSeconds: number } | undefined
  readonly redirectUris: readonly string[]
  /** Whether this user may change it; otherwise it is only looked at. */
  readonly changeable: boolean
  /** Shown this once. */
  readonly newSecret: { readonly name: string; readonly secret: string } | undefined
  readonly secrets: readonly PageSecret[]
  /** undefined where the contract does not know it. */
  readonly tokenGrant: PageTokenGrant | undefined
  readonly form: { readonly name: string; readonly redirectUris: string }
  readonly secretForm: { readonly name: string; readonly expires: string }
  readonly tokenGrantForm: { readonly why: string; readonly ends: string }
  readonly problems: readonly FormProblem[]
}

/** Absolute URLs. */
export interface PageEndpoints {
  readonly issuer: string
  readonly metadata: string
  readonly authorize: string
  readonly token: string
  readonly revoke: string | undefined
}

export interface PageSecret {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly createdAtSeconds: number
  readonly expiresAtSeconds: number | undefined
  readonly lastUsedAtSeconds: number | undefined
  readonly state: 'active' | 'expired'
}

/** The implicit grant of one app. */
export type PageTokenGrant =
  | { readonly state: 'off' }
  | {
      readonly state: 'on' | 'ended'
      readonly owner: string
      readonly why: string
      readonly endsAtSeconds: number
    }

/** POST `revokeSecret`: fields `token`, `app`, `secret`. */
export interface SecretRevocationPage extends OwnPage {
  readonly page: 'secret-revocation'
  readonly app: PageDeveloperApp
  readonly secret: PageSecret
}

/** POST `deleteDeveloperApp`: fields `token`, `app`, `typed_name`. */
export interface DeveloperAppDeletionPage extends OwnPage {
  readonly page: 'developer-app-deletion'
  readonly app: PageDeveloperApp
  readonly typedName: string
  readonly problems: readonly FormProblem[]
}

export type Page =
  | SignInPage
  | SelectAccountPage
  | ConsentPage
  | ErrorPage
  | SignOutPage
  | SignedOutPage
  | FrontPage
  | ConnectedAppsPage
  | ConnectedAppRemovalPage
  | DeveloperAppsPage
  | NewDeveloperAppPage
  | DeveloperAppPage
  | SecretRevocationPage
  | DeveloperAppDeletionPage
