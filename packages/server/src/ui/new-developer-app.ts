// The form that registers an app: a name, where it runs, where its users come back to.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { NewDeveloperAppPage } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { choiceField, describeProblems, textField } from './form-field.ts'
import { icon } from './icons.ts'
import { hiddenFields, ownContent, ownHref } from './own-frame.ts'
import { type Problem, problemSummary } from './problem-summary.ts'
import type { Content, View } from './view.ts'

const LABELS = {
  name: 'developer.name',
  type: 'developer.type',
  redirect_uris: 'developer.redirect_uris',
  organisation: 'developer.organisation',
} as const

export function newDeveloperAppContent(page: NewDeveloperAppPage, view: View): Content {
  const { words } = view
  const { form } = page
  const problems = describeProblems(page.problems, LABELS, words)
  return ownContent(page, view, {
    title: words.text('developer.create'),
    section: 'developerApps',
    problems: problemSummary(problems, words),
    back: html`<p><a href="${ownHref(view, OWN_PATHS.developerApps)}">${words.text('developer_app.back')}</a></p>`,
    main: html`<form method="post" action="${ownHref(view, OWN_PATHS.newDeveloperApp)}">
!${hiddenFields(page)}
!${nameField(form.name, problems, view)}
!${choiceField({
      name: 'type',
      legend: words.text('developer.type'),
      value: form.type,
      options: (['confidential', 'public'] as const).map((value) => ({
        value,
        label: words.text(`developer.type_${value}`),
        hint: words.text(`developer.type_${value}_hint`),
      })),
      problems,
    })}
!${redirectUrisField(form.redirectUris, problems, view)}
!${organisationField(page, problems, view)}
<button class="primary" type="submit">${words.text('developer_new.submit')}</button>
</form>`,
  })
}

export function nameField(value: string, problems: readonly Problem[], { words }: View): string {
  return textField({
    name: 'name',
    label: words.text('developer.name'),
    hint: words.text('developer.name_hint'),
    value,
    kind: 'text',
    problems,
  })
}

export function redirectUrisField(
  value: string,
  problems: readonly Problem[],
  { words }: View,
): string {
  return textField({
    name: 'redirect_uris',
    label: words.text('developer.redirect_uris'),
    hint: words.text('developer.redirect_uris_hint'),
    value,
    kind: 'lines',
    problems,
  })
}

function organisationField(
  { organisations, form }: NewDeveloperAppPage,
  problems: readonly Problem[],
  { words }: View,
): string {
  const [first, ...others] = organisations
  if (first === undefined) return ''
  if (others.length === 0) {
    const organisation = displayText(first.name)
    const sentence = words.markup('developer.organisation_only', { organisation })
    return html`<p class="fact" id="organisation">!${icon('building')}<span>!${sentence}</span></p>`
  }
  return choiceField({
    name: 'organisation',
    legend: words.text('developer.organisation'),
    hint: words.text('developer.organisation_hint'),
    value: form.organisation,
    options: organisations.map(({ id, name }) => ({ value: id, label: displayText(name) })),
    problems,
  })
}
