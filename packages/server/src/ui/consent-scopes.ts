// What an app may do, in words: grouped by the data it touches, new things first, things allowed before folded away.

import { html } from 'ghtml'
import type { PageScope } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import type { MessageKey, Words } from './words.ts'

const DESCRIPTION_LENGTH = 200
/** Scopes about the user, which belong to no API (OIDC Core §5.4). */
const IDENTITY_WORDS = new Map<string, MessageKey>([
  ['openid', 'consent.scope_openid'],
  ['profile', 'consent.scope_profile'],
  ['email', 'consent.scope_email'],
])

export function scopeSections(scopes: readonly PageScope[], app: string, words: Words): string {
  const known = scopes.filter((scope) => scope.known)
  const fresh = scopes.filter((scope) => !scope.known)
  if (scopes.length === 0) return html`<p class="fact">${words.text('consent.scopes_none')}</p>`
  const heading = known.length === 0 ? 'consent.scopes' : 'consent.scopes_new'
  const asked =
    fresh.length === 0
      ? ''
      : html`<section class="scopes">
<h2>${words.text(heading, { app })}</h2>
!${scopeGroups(fresh, words)}
</section>`
  return html`!${asked}!${known.length === 0 ? '' : knownScopes(known, fresh.length === 0, words)}`
}

function knownScopes(scopes: readonly PageScope[], isAll: boolean, words: Words): string {
  return html`<details class="scopes"!${isAll ? ' open' : ''}>
<summary><h2>${words.text('consent.scopes_known', { count: scopes.length })}</h2></summary>
!${scopeGroups(scopes, words)}
</details>`
}

export function scopeGroups(scopes: readonly PageScope[], words: Words): string {
  const groups = Map.groupBy(scopes, (scope) => groupName(scope, words))
  return [...groups]
    .map(
      ([name, members]) => html`<h3><bdi>${name}</bdi></h3>
<ul>
!${members.map((scope) => (scope.optional ? optionalScope(scope, words) : requiredScope(scope, words)))}
</ul>`,
    )
    .join('')
}

function requiredScope(scope: PageScope, words: Words): string {
  return html`<li>!${icon('check')}!${scopeWords(scope, words)}</li>`
}

function optionalScope(scope: PageScope, words: Words): string {
  return html`<li><label><input type="checkbox" name="scope" value="${scope.name}" checked>!${scopeWords(scope, words)}</label></li>`
}

function scopeWords(scope: PageScope, words: Words): string {
  const tags = [
    scope.access &&
      html`<span class="tag ${scope.access}">!${icon(scope.access)}${words.text(`consent.access_${scope.access}`)}</span>`,
    scope.sensitive &&
      html`<span class="tag caution">!${icon('warning')}${words.text('consent.sensitive')}</span>`,
    scope.optional && html`<span class="tag">${words.text('consent.optional')}</span>`,
  ].filter(Boolean)
  return html`<span class="scope"><bdi>${scopeDescription(scope, words)}</bdi> <span class="tags">!${tags.join(' ')}</span></span>`
}

function scopeDescription({ name, description }: PageScope, words: Words): string {
  const own = description && displayText(words.pick(description), DESCRIPTION_LENGTH)
  const clause = own || builtInDescription(name, words)
  return capitalise(clause, words.language)
}

/** Greek writes a word all in capitals without its accent; the first letter of a sentence keeps it. */
function capitalise(clause: string, language: string): string {
  const first = clause.charAt(0)
  const capital = language === 'el' ? first.toUpperCase() : first.toLocaleUpperCase(language)
  return capital + clause.slice(1)
}

function builtInDescription(name: string, words: Words): string {
  const key = IDENTITY_WORDS.get(name)
  return key === undefined
    ? words.text('consent.scope_undescribed', { scope: displayText(name) })
    : words.text(key)
}

function groupName({ name, group }: PageScope, words: Words): string {
  const own = group && displayText(words.pick(group))
  if (own) return own
  return words.text(IDENTITY_WORDS.has(name) ? 'consent.group_identity' : 'consent.group_other')
}
