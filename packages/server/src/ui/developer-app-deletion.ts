// Asks before an app is deleted: its name has to be typed, so that it cannot happen by one press.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppDeletionPage } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { describeProblems, textField } from './form-field.ts'
import { confirmation, hiddenFields, ownContent } from './own-frame.ts'
import { problemSummary } from './problem-summary.ts'
import type { Content, View } from './view.ts'

export function developerAppDeletionContent(page: DeveloperAppDeletionPage, view: View): Content {
  const { words } = view
  const { app, typedName } = page
  const names = { app: displayText(app.name) }
  const problems = describeProblems(page.problems, { typed_name: 'deletion.typed_name' }, words)
  const field = textField({
    name: 'typed_name',
    label: words.text('deletion.typed_name'),
    hint: app.name,
    value: typedName,
    kind: 'text',
    problems,
  })
  return ownContent(page, view, {
    title: words.text('deletion.title', names),
    section: 'developerApps',
    problems: problemSummary(problems, words),
    main: html`<p>!${words.markup('deletion.lead', names)}</p>
!${confirmation(view, {
      action: OWN_PATHS.deleteDeveloperApp,
      fields: html`!${hiddenFields(page, { app: app.id })}!${field}`,
      submit: words.text('deletion.submit'),
      cancel: { path: OWN_PATHS.developerApp, query: { app: app.id } },
    })}`,
  })
}
