// The consent page: who asks, as whom, for what, for how long, and where the browser goes next. Nothing that matters
// is folded away, and neither answer is easier to give than the other.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { ConsentPage } from '../protocol/page.ts'
import { scopeSections } from './consent-scopes.ts'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import { accountLabel, appLinks, appName, appPublisher, monogram } from './identity.ts'
import { ownHref, withElement } from './own-frame.ts'
import {
  fieldProblem,
  fieldProblemAttributes,
  type Problem,
  problemSummary,
} from './problem-summary.ts'
import type { Content, View } from './view.ts'
import type { Words } from './words.ts'

export function consentContent(page: ConsentPage, view: View): Content {
  const { words, actions, tenant } = view
  const names = { app: appName(page.app, view), company: displayText(tenant.displayName) }
  const problems: Problem[] =
    page.problem === 'organisation_missing'
      ? [{ field: 'organisation', text: words.text('consent.organisation_missing') }]
      : []
  return {
    title: words.text('consent.title', names),
    hasProblem: problems.length > 0,
    wide: true,
    script: 'page.js',
    main: html`!${problemSummary(problems, words)}
<div class="meeting" aria-hidden="true">!${monogram(names.app)}!${icon('arrow')}<span class="monogram own">!${icon('door')}</span></div>
<h1>!${words.markup('consent.heading', names)}</h1>
<p class="byline">!${appPublisher(page.app, view)}!${appLinks(page.app, view)}</p>
!${page.problem === 'changed' ? changedNotice(words) : ''}
!${signedInAs(page, view)}
<form method="post" action="${actions.consent}">
<input type="hidden" name="interaction" value="${page.interaction}">
!${organisationChoice(page, problems, view)}
!${scopeSections(page.scopes, names.app, words)}
!${lifetime(page, view)}
!${destination(page, view)}
!${decisionButtons(view)}
</form>`,
  }
}

/** No mistake of the person's, so it is told in a notice, not as a problem. */
function changedNotice(words: Words): string {
  return html`<p class="notice" role="status">!${icon('info')}${words.text('consent.changed')}</p>`
}

/** Cancel comes first in the document: the Enter key in a field presses the first button, and must never allow. */
function decisionButtons({ words }: View): string {
  return html`<div class="decision">
<button type="submit" name="decision" value="deny" formnovalidate>${words.text('consent.cancel')}</button>
<button class="primary" type="submit" name="decision" value="allow">${words.text('consent.allow')}</button>
</div>`
}

function signedInAs({ account, interaction }: ConsentPage, { words, actions }: View): string {
  return html`<form class="account" method="post" action="${actions.account}">
<input type="hidden" name="interaction" value="${interaction}">
<p><span class="unseen">${words.text('consent.signed_in_as')} </span>!${accountLabel(account)}</p>
<button class="quiet" type="submit" name="account" value="">${words.text('consent.not_you')}</button>
</form>`
}

function organisationChoice(page: ConsentPage, problems: readonly Problem[], { words }: View) {
  const [first, ...others] = page.organisations
  if (first === undefined) return ''
  if (others.length === 0) {
    const sentence = words.markup('consent.organisation', { organisation: displayText(first.name) })
    return html`<p class="fact">!${icon('building')}<span>!${sentence}</span></p>`
  }
  return html`<fieldset class="organisations" role="radiogroup"!${fieldProblemAttributes('organisation', problems)}>
<legend>${words.text('consent.organisation_pick')}</legend>
<p class="hint">${words.text('consent.organisation_hint')}</p>
!${fieldProblem('organisation', problems)}
!${page.organisations.map(({ id, name }, index) => {
    const checked = id === page.selectedOrganisation ? ' checked' : ''
    // The first one carries the id to which the problem summary leads.
    const fieldId = index === 0 ? 'organisation' : `organisation-${index + 1}`
    return html`<label for="${fieldId}"><input id="${fieldId}" type="radio" name="organisation" value="${id}" required!${checked}><bdi>${displayText(name)}</bdi></label>`
  })}
</fieldset>`
}

function lifetime({ refreshSeconds, accessSeconds }: ConsentPage, view: View): string {
  const { words } = view
  const sentence =
    refreshSeconds === undefined
      ? words.markup('consent.lifetime_access', { duration: words.duration(accessSeconds) })
      : words.markup('consent.lifetime_refresh', { duration: words.duration(refreshSeconds) })
  // In a new tab, so that the question stays open.
  const page = html`<a href="${ownHref(view, OWN_PATHS.connectedApps)}" target="_blank" rel="noopener">${words.text('own.connected_apps')}</a>`
  const removal = withElement('consent.removal', { name: 'page', element: page }, words)
  return html`<p class="fact">!${icon('clock')}<span>!${sentence} !${removal}</span></p>`
}

function destination(page: ConsentPage, view: View): string {
  const { words } = view
  const host = displayText(page.redirectHost, 255)
  const sentence = html`<p class="fact">!${icon('arrow')}<span>!${words.markup('consent.redirect', { host })}</span></p>`
  const warnings = [
    page.redirectIsNew && ('redirect_new' as const),
    page.redirectIsLoopback && ('loopback' as const),
  ].filter((kind) => kind !== false)
  return html`!${sentence}!${warnings.map((kind) => warning(kind, { app: appName(page.app, view), host }, words))}`
}

function warning(
  kind: 'redirect_new' | 'loopback',
  names: { readonly app: string; readonly host: string },
  words: Words,
): string {
  return html`
<div class="warning">
<h2>!${icon('warning')}${words.text(`consent.${kind}_heading`)}</h2>
<p>!${words.markup(`consent.${kind}`, names)}</p>
</div>`
}
