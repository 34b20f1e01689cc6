// The secrets of an app: the new one, this once; those that there are; the form for another.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppPage, PageSecret } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { textField } from './form-field.ts'
import { icon } from './icons.ts'
import { hiddenFields, ownHref, timed } from './own-frame.ts'
import type { Problem } from './problem-summary.ts'
import type { View } from './view.ts'

export function newSecretPanel({ newSecret }: DeveloperAppPage, { words }: View): string {
  if (newSecret === undefined) return ''
  const name = displayText(newSecret.name)
  return html`<section class="warning" aria-labelledby="new-secret-heading">
<h2 id="new-secret-heading">!${icon('key')}${words.text('developer_app.secret_once')}</h2>
<p>!${words.markup('developer_app.secret_once_explained', { name })}</p>
<p class="copyable"><code id="new-secret">${newSecret.secret}</code><button class="copy" type="button" hidden data-copies="new-secret" data-done="${words.text('developer_app.copied')}">${words.text('developer_app.copy')}</button></p>
</section>`
}

export function secretsSection(
  page: DeveloperAppPage,
  problems: readonly Problem[],
  view: View,
): string {
  const { words } = view
  const title = html`<h2>${words.text('secrets.title')}</h2>`
  if (page.app.type === 'public') {
    return html`<section>!${title}<p>${words.text('secrets.public')}</p></section>`
  }
  const rows = page.secrets.map((secret) => secretRow(secret, page, view))
  const none = page.secrets.every(({ state }) => state === 'expired')
  return html`<section>
!${title}
<p>${words.text(none ? 'secrets.none' : 'secrets.lead')}</p>
!${rows.length === 0 ? '' : html`<ul class="rows">!${rows}</ul>`}
!${addForm(page, problems, view)}
</section>`
}

function secretRow(secret: PageSecret, { app }: DeveloperAppPage, view: View): string {
  const { words } = view
  const name = displayText(secret.name)
  const href = ownHref(view, OWN_PATHS.revokeSecret, { app: app.id, secret: secret.id })
  const facts = [
    html`${words.text('secrets.hint', { hint: displayText(secret.hint) })}`,
    timed('secrets.created', secret.createdAtSeconds, words),
    expiry(secret, view),
    secret.lastUsedAtSeconds === undefined
      ? html`${words.text('developer.never_used')}`
      : timed('developer.last_used', secret.lastUsedAtSeconds, words),
  ]
  return html`<li><div><strong><bdi>${name}</bdi></strong>
<ul class="facts">!${facts.map((fact) => html`<li>!${fact}</li>`)}</ul>
<a href="${href}">${words.text('secrets.revoke', { name })}</a></div></li>`
}

function expiry({ expiresAtSeconds, state }: PageSecret, { words }: View): string {
  if (expiresAtSeconds === undefined) return html`${words.text('secrets.endless')}`
  if (state === 'active') return timed('secrets.expires', expiresAtSeconds, words)
  return html`<span class="tag caution">!${icon('warning')}<span>!${timed('secrets.expired', expiresAtSeconds, words)}</span></span>`
}

function addForm(page: DeveloperAppPage, problems: readonly Problem[], view: View): string {
  const { words } = view
  return html`<form method="post" action="${ownHref(view, OWN_PATHS.addSecret)}">
!${hiddenFields(page, { app: page.app.id })}
<h3>${words.text('secrets.add')}</h3>
!${textField({
    name: 'secret_name',
    label: words.text('secrets.name'),
    hint: words.text('secrets.name_hint'),
    value: page.secretForm.name,
    kind: 'text',
    problems,
  })}
!${textField({
    name: 'expires',
    label: words.text('secrets.last_day'),
    hint: words.text('secrets.last_day_hint'),
    value: page.secretForm.expires,
    kind: 'date',
    problems,
  })}
<button type="submit">${words.text('secrets.add')}</button>
</form>`
}
