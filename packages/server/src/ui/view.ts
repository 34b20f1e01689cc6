// What every page knows besides its own data, and what it gives back to the layout.

import type { Tenant } from '../protocol/tenant.ts'
import type { Words } from './words.ts'

export type Theme = 'light' | 'dark' | undefined

/** Whose pages they are. */
export interface Host extends Pick<Tenant, 'displayName' | 'supportEmail'> {
  readonly rules: Pick<Tenant['rules'], 'selfService' | 'developerPageName'>
}

export interface View {
  readonly tenant: Host
  readonly words: Words
  readonly theme: Theme
  /** Path under which the files of `assets/` are served. */
  readonly assetPath: string
  /** Path of the issuer, under which our own pages are. */
  readonly ownBase: string
  /** Where signing out begins. */
  readonly signOutHref: string
  readonly actions: {
    readonly authorize: string
    readonly signIn: string
    readonly account: string
    readonly consent: string
    readonly signOut: string
  }
}

export interface Content {
  /** Text of `<title>`; not HTML. */
  readonly title: string
  /** HTML inside `<main>`, with the one `<h1>`. */
  readonly main: string
  /** HTML before `<main>`: the way between our own pages. */
  readonly navigation?: string
  /** File of `assets/` with the styles that only some pages need. */
  readonly stylesheet?: string
  /** Whether the page comes back because an answer was not accepted. */
  readonly hasProblem?: boolean
  /** Subject of a mail to support that starts here. */
  readonly mailSubject?: string
  /** For long content. */
  readonly wide?: boolean
  /** The app that a form of the page posts to, besides our own origin (CSP `form-action`). */
  readonly formAction?: string
  /** Where the page leads by itself. */
  readonly leadsTo?: string
  /** File of `assets/` that improves the page; it works without. */
  readonly script?: string
}
