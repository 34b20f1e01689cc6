// Who is who: how an app and an account are named on a page.

import { html } from 'ghtml'
import type { PageAccount, PageApp } from '../protocol/page.ts'
import { displayText, webLink } from './display-text.ts'
import type { View } from './view.ts'
import type { MessageKey } from './words.ts'

export function appName(app: PageApp, { words }: View): string {
  return displayText(app.name) || words.text('app.unnamed')
}

/** Who is behind the app. No publisher means that nobody vouched for the app. */
export function appPublisher(app: PageApp, { words, tenant }: View): string {
  const company = displayText(tenant.displayName)
  const publisher = displayText(app.publisher ?? '')
  if (app.firstParty) return html`<span>!${words.markup('app.first_party', { company })}</span>`
  if (publisher !== '') return html`<span>!${words.markup('app.publisher', { publisher })}</span>`
  return html`<span class="tag caution">!${words.markup('app.not_verified', { company })}</span>`
}

/** The app's own pages, in a new tab so that the question stays open. */
export function appLinks(app: PageApp, { words }: View): string {
  const links: readonly (readonly [MessageKey, string | undefined])[] = [
    ['app.homepage', webLink(app.homepage)],
    ['app.privacy', webLink(app.privacyUri)],
    ['app.terms', webLink(app.termsUri)],
  ]
  return links
    .filter(([, uri]) => uri !== undefined)
    .map(
      ([key, uri]) =>
        html`<a href="${uri}" target="_blank" rel="noopener noreferrer nofollow">${words.text(key)}</a>`,
    )
    .join('')
}

export function accountLabel(account: PageAccount): string {
  const username = displayText(account.username)
  const name = displayText(account.name) || username
  const second = name === username ? '' : html`<span class="username"><bdi>${username}</bdi></span>`
  return html`!${monogram(name)}<span class="who"><span class="name"><bdi>${name}</bdi></span>!${second}</span>`
}

/** First letter in a circle, where a picture would be: decoration only. */
export function monogram(name: string): string {
  const first = new Intl.Segmenter().segment(name).containing(0)?.segment ?? '?'
  return html`<span class="monogram" aria-hidden="true">${first.toUpperCase()}</span>`
}
