// Carries an authorization response to the app in a form (OAuth 2.0 Form Post Response Mode §2): sent by a small
// script at once, and by a button where scripts are off.

import { html } from 'ghtml'
import {
  displayHost,
  formActionSource,
  type VerifiedRedirectUri,
} from '../protocol/redirect-uri.ts'
import { displayText } from './display-text.ts'
import type { Content, View } from './view.ts'

export interface FormPost {
  readonly redirectUri: VerifiedRedirectUri
  readonly fields: Readonly<Record<string, string | undefined>>
}

export function formPostContent({ redirectUri, fields }: FormPost, { words }: View): Content {
  const inputs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  return {
    title: words.text('leaving.title'),
    formAction: formActionSource(redirectUri),
    script: 'form-post.js',
    main: html`<h1>${words.text('leaving.title')}</h1>
<p class="lead">!${words.markup('leaving.lead', { host: displayText(displayHost(redirectUri), 255) })}</p>
<form method="post" action="${redirectUri}">
!${inputs}
<button class="primary" type="submit">${words.text('leaving.continue')}</button>
</form>`,
  }
}
