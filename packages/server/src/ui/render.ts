// Turns page data into HTML, its language and its Content-Security-Policy. Pure: knows no request, no response,
// and nothing of how the data came about.

import { fileURLToPath } from 'node:url'
import type { Page } from '../protocol/page.ts'
import { connectedAppRemovalContent } from './connected-app-removal.ts'
import { connectedAppsContent } from './connected-apps.ts'
import { consentContent } from './consent.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { developerAppContent } from './developer-app.ts'
import { developerAppDeletionContent } from './developer-app-deletion.ts'
import { developerAppsContent } from './developer-apps.ts'
import { errorContent } from './error-page.ts'
import { type FormPost, formPostContent } from './form-post.ts'
import { frontContent } from './front-page.ts'
import { chooseLanguage } from './language.ts'
import { renderDocument } from './layout.ts'
import { type Leaving, leavingContent } from './leaving.ts'
import { newDeveloperAppContent } from './new-developer-app.ts'
import { secretRevocationContent } from './secret-revocation.ts'
import { selectAccountContent } from './select-account.ts'
import { signInContent } from './sign-in.ts'
import { signOutContent } from './sign-out.ts'
import { signedOutContent } from './signed-out.ts'
import type { Content, Host, Theme, View } from './view.ts'
import { LANGUAGES, wordsIn } from './words.ts'

/** The folder to serve under `assetBase`; `brand.css` there is `brandStylesheet(tenant)`. */
export const ASSET_FOLDER = fileURLToPath(new URL('./assets/', import.meta.url))

export interface RenderContext {
  readonly tenant: Host
  readonly acceptLanguage: string | undefined
  readonly languageCookie?: string | undefined
  readonly themeCookie?: string | undefined
  /** Path of the assets, such as `/assets`. */
  readonly assetBase: string
  /** Path of the issuer: empty, or such as `/crm`. */
  readonly formBase: string
  /** Paths of the contract, below the issuer. */
  readonly authorizePath: string
  /** Of the confirmation of signing out, and of the page that asks for it. */
  readonly signOutPath: string
  readonly signOutPagePath: string
}

export interface RenderedPage {
  readonly html: string
  /** For `Content-Language`. */
  readonly language: string
  readonly contentSecurityPolicy: string
}

export function renderPage(page: Page, context: RenderContext): RenderedPage {
  const view = viewFor(page.uiLocales, context)
  return render(contentOf(page, view), view)
}

/** The page that posts an authorization response to the app: response mode `form_post`. */
export function renderFormPost(formPost: FormPost, context: RenderContext): RenderedPage {
  const view = viewFor(undefined, context)
  return render(formPostContent(formPost, view), view)
}

/** The page between a form of ours and the app. */
export function renderLeaving(leaving: Leaving, context: RenderContext): RenderedPage {
  const view = viewFor(undefined, context)
  return render(leavingContent(leaving, view), view)
}

function contentOf(page: Page, view: View): Content {
  switch (page.page) {
    case 'sign-in':
      return signInContent(page, view)
    case 'select-account':
      return selectAccountContent(page, view)
    case 'consent':
      return consentContent(page, view)
    case 'error':
      return errorContent(page, view)
    case 'sign-out':
      return signOutContent(page, view)
    case 'signed-out':
      return signedOutContent(view)
    case 'front':
      return frontContent(page, view)
    case 'connected-apps':
      return connectedAppsContent(page, view)
    case 'connected-app-removal':
      return connectedAppRemovalContent(page, view)
    case 'developer-apps':
      return developerAppsContent(page, view)
    case 'new-developer-app':
      return newDeveloperAppContent(page, view)
    case 'developer-app':
      return developerAppContent(page, view)
    case 'secret-revocation':
      return secretRevocationContent(page, view)
    case 'developer-app-deletion':
      return developerAppDeletionContent(page, view)
  }
}

function viewFor(uiLocales: string | undefined, context: RenderContext): View {
  const { acceptLanguage, languageCookie: cookie, formBase, authorizePath } = context
  return {
    tenant: context.tenant,
    words: wordsIn(chooseLanguage({ uiLocales, cookie, acceptLanguage }, LANGUAGES)),
    theme: parseTheme(context.themeCookie),
    assetPath: context.assetBase,
    ownBase: formBase,
    signOutHref: `${formBase}${context.signOutPagePath}`,
    actions: {
      authorize: `${formBase}${authorizePath}`,
      signIn: `${formBase}${authorizePath}/sign-in`,
      account: `${formBase}${authorizePath}/account`,
      consent: `${formBase}${authorizePath}/consent`,
      signOut: `${formBase}${context.signOutPath}`,
    },
  }
}

function parseTheme(cookie: string | undefined): Theme {
  return cookie === 'light' || cookie === 'dark' ? cookie : undefined
}

function render(content: Content, view: View): RenderedPage {
  const { script, formAction } = content
  return {
    html: renderDocument(content, view),
    language: view.words.language,
    contentSecurityPolicy: contentSecurityPolicy({ hasScript: script !== undefined, formAction }),
  }
}
