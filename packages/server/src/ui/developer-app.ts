// One app of a developer: what it needs to know, its name and redirect URIs, its secrets, the token grant, its end.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppPage } from '../protocol/page.ts'
import { newSecretPanel, secretsSection } from './developer-app-secrets.ts'
import { tokenGrantSection } from './developer-app-token-grant.ts'
import { appFacts } from './developer-apps.ts'
import { displayText } from './display-text.ts'
import { describeProblems } from './form-field.ts'
import { icon } from './icons.ts'
import { nameField, redirectUrisField } from './new-developer-app.ts'
import { hiddenFields, ownContent, ownHref } from './own-frame.ts'
import { type Problem, problemSummary } from './problem-summary.ts'
import type { Content, View } from './view.ts'
import type { Words } from './words.ts'

const LABELS = {
  name: 'developer.name',
  redirect_uris: 'developer.redirect_uris',
  secret_name: 'secrets.name',
  expires: 'secrets.last_day',
  why: 'token_grant.why',
  ends: 'token_grant.last_day',
} as const

export function developerAppContent(page: DeveloperAppPage, view: View): Content {
  const { words } = view
  const { app } = page
  const problems = describeProblems(page.problems, LABELS, words)
  const facts = { organisation: displayText(page.organisation) }
  const person = page.registeredBy && displayText(page.registeredBy)
  return ownContent(page, view, {
    title: displayText(app.name),
    section: 'developerApps',
    problems: problemSummary(problems, words),
    back: html`<p><a href="${ownHref(view, OWN_PATHS.developerApps)}">${words.text('developer_app.back')}</a></p>`,
    main: html`!${appFacts(app, view)}
<p class="fact">!${icon('building')}<span>!${words.markup('developer.organisation_only', facts)}!${person && html` !${words.markup('developer_app.registered_by', { person })}`}</span></p>
!${newSecretPanel(page, view)}
!${overview(page, view)}
!${changeableParts(page, problems, view)}`,
  })
}

function overview(page: DeveloperAppPage, { words }: View): string {
  const { app, endpoints, scopes, pkce } = page
  const methods = pkce.methods.join(', ')
  const facts = [
    ['developer_app.client_id', app.id],
    ['developer_app.issuer', endpoints.issuer],
    ['developer_app.metadata', endpoints.metadata],
    ['developer_app.authorize', endpoints.authorize],
    ['developer_app.token', endpoints.token],
    ['developer_app.revoke', endpoints.revoke],
    ['developer_app.scopes', scopes.join(' ')],
    [
      'developer_app.pkce',
      words.text(`developer_app.pkce_${pkce.required ? 'required' : 'optional'}`, { methods }),
    ],
  ] as const
  const shown = facts.filter(([, value]) => value)
  return html`<section class="connect">
<h2>${words.text('developer_app.overview')}</h2>
<dl>!${shown.map(([key, value]) => html`<dt>${words.text(key)}</dt><dd><code><bdi>${value}</bdi></code></dd>`)}</dl>
!${ignoredScopesNotice(page, words)}
</section>`
}

function ignoredScopesNotice({ ignoredScopes: found }: DeveloperAppPage, words: Words): string {
  if (found === undefined) return ''
  const facts = { count: String(found.uses), date: words.moment(found.lastAtSeconds) }
  return html`<p class="notice">!${icon('info')}<span>!${words.markup('developer_app.ignored_scopes', facts)}</span></p>`
}

function changeableParts(page: DeveloperAppPage, problems: readonly Problem[], view: View): string {
  if (page.app.disabled) return disabledNotice(view)
  if (!page.changeable) return readOnlyParts(page, view)
  return html`!${settingsSection(page, problems, view)}
!${secretsSection(page, problems, view)}
!${tokenGrantSection(page, problems, view)}
!${deletionSection(page, view)}`
}

function readOnlyParts({ redirectUris, organisation }: DeveloperAppPage, { words }: View): string {
  const facts = { organisation: displayText(organisation) }
  return html`<section>
<h2>${words.text('developer.redirect_uris')}</h2>
<ul>!${redirectUris.map((uri) => html`<li><code><bdi>${uri}</bdi></code></li>`)}</ul>
</section>
<p class="notice">!${icon('info')}<span>!${words.markup('developer_app.read_only', facts)}</span></p>`
}

function settingsSection(page: DeveloperAppPage, problems: readonly Problem[], view: View): string {
  const { words } = view
  return html`<section>
<h2>${words.text('developer_app.settings')}</h2>
<form method="post" action="${ownHref(view, OWN_PATHS.saveDeveloperApp)}">
!${hiddenFields(page, { app: page.app.id })}
!${nameField(page.form.name, problems, view)}
!${redirectUrisField(page.form.redirectUris, problems, view)}
<button type="submit">${words.text('developer_app.save')}</button>
</form>
</section>`
}

function deletionSection({ app }: DeveloperAppPage, view: View): string {
  const { words } = view
  const href = ownHref(view, OWN_PATHS.deleteDeveloperApp, { app: app.id })
  return html`<section>
<h2>${words.text('developer_app.deletion')}</h2>
<p>${words.text('developer_app.deletion_explained')}</p>
<p><a class="button danger" href="${href}">${words.text('developer_app.deletion')}</a></p>
</section>`
}

function disabledNotice({ words, tenant }: View): string {
  const company = displayText(tenant.displayName)
  return html`<p class="notice">!${icon('info')}<span>!${words.markup('developer.disabled_explained', { company })}</span></p>`
}
