// The implicit grant (`token`) of an app: off, on for a reason and until a day, or over.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppPage, PageTokenGrant } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { textField } from './form-field.ts'
import { hiddenFields, ownHref } from './own-frame.ts'
import type { Problem } from './problem-summary.ts'
import type { View } from './view.ts'

const REASON_LENGTH = 200

export function tokenGrantSection(
  page: DeveloperAppPage,
  problems: readonly Problem[],
  view: View,
): string {
  const { words } = view
  const { tokenGrant } = page
  if (tokenGrant === undefined) return ''
  return html`<section>
<h2>${words.text('token_grant.title')}</h2>
<p>${words.text('token_grant.lead')}</p>
!${state(tokenGrant, view)}
!${tokenGrant.state === 'on' ? disallowForm(page, view) : allowForm(page, problems, view)}
</section>`
}

function state(tokenGrant: PageTokenGrant, { words }: View): string {
  if (tokenGrant.state === 'off') return html`<p>${words.text('token_grant.off')}</p>`
  const date = words.moment(tokenGrant.endsAtSeconds)
  return html`<p>!${words.markup(`token_grant.${tokenGrant.state}`, { date })}</p>
<dl>
<dt>${words.text('token_grant.owner')}</dt><dd><bdi>${displayText(tokenGrant.owner)}</bdi></dd>
<dt>${words.text('token_grant.why')}</dt><dd><bdi>${displayText(tokenGrant.why, REASON_LENGTH)}</bdi></dd>
</dl>`
}

function disallowForm(page: DeveloperAppPage, view: View): string {
  return html`<form method="post" action="${ownHref(view, OWN_PATHS.disallowTokenGrant)}">
!${hiddenFields(page, { app: page.app.id })}
<button type="submit">${view.words.text('token_grant.disallow')}</button>
</form>`
}

function allowForm(page: DeveloperAppPage, problems: readonly Problem[], view: View): string {
  const { words } = view
  return html`<form method="post" action="${ownHref(view, OWN_PATHS.allowTokenGrant)}">
!${hiddenFields(page, { app: page.app.id })}
!${textField({
    name: 'why',
    label: words.text('token_grant.why'),
    value: page.tokenGrantForm.why,
    kind: 'text',
    problems,
  })}
!${textField({
    name: 'ends',
    label: words.text('token_grant.last_day'),
    hint: words.text('token_grant.last_day_hint'),
    value: page.tokenGrantForm.ends,
    kind: 'date',
    problems,
  })}
<button type="submit">${words.text('token_grant.allow')}</button>
</form>`
}
