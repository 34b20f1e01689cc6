// The sign-in page: one form with a username and a password, as password managers expect it.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { SignInPage } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import { appLinks, appName } from './identity.ts'
import { ownHref } from './own-frame.ts'
import {
  fieldProblem,
  fieldProblemAttributes,
  type Problem,
  problemSummary,
} from './problem-summary.ts'
import type { Content, View } from './view.ts'
import type { Words } from './words.ts'

export function signInContent(page: SignInPage, view: View): Content {
  const { words } = view
  const problems = problemsOf(page, words)
  return {
    title: words.text('sign_in.title'),
    hasProblem: problems.length > 0,
    script: 'page.js',
    main: html`!${problemSummary(problems, words)}
<h1>${words.text('sign_in.title')}</h1>
<p class="lead">!${destination(page, view)}</p>
!${notice(page, words)}
!${signInForm(page, problems, view)}
!${aboutApp(page, view)}`,
  }
}

function destination({ app }: SignInPage, view: View): string {
  const { words, tenant } = view
  if (app !== undefined) return words.markup('sign_in.lead', { app: appName(app, view) })
  return words.markup('sign_in.lead_own', { company: displayText(tenant.displayName) })
}

function signInForm(page: SignInPage, problems: readonly Problem[], view: View) {
  const { words, actions } = view
  const action = page.app === undefined ? ownHref(view, OWN_PATHS.signIn) : actions.signIn
  // A summary takes the focus itself; otherwise the first field that is still to be filled gets it.
  const focus = problems.length > 0 ? undefined : page.username === '' ? 'username' : 'password'
  return html`<form method="post" action="${action}">
<input type="hidden" name="interaction" value="${page.interaction}">
<div class="field">
<label for="username">${words.text('sign_in.username')}</label>
!${fieldProblem('username', problems)}
<input id="username" name="username" type="text" value="${page.username}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false"!${focusOn('username', focus)}!${fieldProblemAttributes('username', problems)}>
</div>
<div class="field">
<label for="password">${words.text('sign_in.password')}</label>
!${fieldProblem('password', problems)}
<div class="with-button">
<input id="password" name="password" type="password" autocomplete="current-password"!${focusOn('password', focus)}!${fieldProblemAttributes('password', problems)}>
<button class="reveal" type="button" hidden aria-controls="password" aria-pressed="false" aria-label="${words.text('sign_in.show_password')}">!${icon('read')}</button>
</div>
</div>
<button class="primary" type="submit">${words.text('sign_in.submit')}</button>
</form>`
}

function focusOn(field: string, focus: string | undefined): string {
  return field === focus ? ' autofocus' : ''
}

function notice(page: SignInPage, words: Words): string {
  if (page.problem?.kind === 'expired') {
    return html`<p class="notice" role="status">!${icon('info')}${words.text('sign_in.expired')}</p>`
  }
  if (page.problem?.kind === 'too_long_ago') {
    return html`<p class="notice">!${icon('info')}${words.text('sign_in.too_long_ago')}</p>`
  }
  if (page.otherExpected) {
    return html`<p class="notice">!${icon('info')}<span>${words.text('sign_in.other_expected')}</span></p>`
  }
  if (page.toldAt !== undefined) {
    const host = displayText(page.toldAt, 255)
    return html`<p class="notice">!${icon('info')}<span>!${words.markup('sign_in.refused', { host })}</span></p>`
  }
  return page.hasOtherAccounts
    ? html`<p class="notice">!${icon('info')}${words.text('sign_in.additional')}</p>`
    : ''
}

/** An expired page is no mistake of the person's: it is told in a notice, not as a problem. */
function problemsOf({ problem }: SignInPage, words: Words): Problem[] {
  switch (problem?.kind) {
    case undefined:
    case 'expired':
    case 'too_long_ago':
      return []
    case 'wrong_credentials':
      return [{ field: 'username', text: words.text('sign_in.wrong_credentials') }]
    case 'field_missing':
      return problem.fields.map((field) => ({
        field,
        text: words.text(`sign_in.${field}_missing`),
      }))
    case 'locked': {
      const duration = words.duration(problem.seconds)
      return [{ field: undefined, text: words.text('sign_in.locked', { duration }) }]
    }
  }
}

function aboutApp({ app }: SignInPage, view: View): string {
  if (app === undefined) return ''
  const links = appLinks(app, view)
  const label = view.words.text('app.links', { app: appName(app, view) })
  return links === ''
    ? ''
    : html`<nav class="links" aria-labelledby="about"><span id="about">${label}</span>!${links}</nav>`
}
