// What is wrong with a form, said twice: in a summary that takes the focus, and beside the field.

import { html } from 'ghtml'
import { icon } from './icons.ts'
import type { Words } from './words.ts'

export interface Problem {
  /** Id of the field that can mend it; undefined when none can. */
  readonly field: string | undefined
  readonly text: string
}

export function problemSummary(problems: readonly Problem[], words: Words): string {
  if (problems.length === 0) return ''
  return html`<div class="problem" role="alert" aria-labelledby="problem-heading" tabindex="-1" autofocus>
<h2 id="problem-heading">!${icon('warning')}${words.text('problem.heading')}</h2>
<ul>!${problems.map(summaryItem)}</ul>
</div>`
}

function summaryItem({ field, text }: Problem): string {
  return field === undefined
    ? html`<li>${text}</li>`
    : html`<li><a href="#${field}">${text}</a></li>`
}

function problemOf(field: string, problems: readonly Problem[]): string | undefined {
  return problems.find((problem) => problem.field === field)?.text
}

/** The words beside the field; `aria-describedby` of the field names this id. */
export function fieldProblem(field: string, problems: readonly Problem[]): string {
  const text = problemOf(field, problems)
  return text === undefined
    ? ''
    : html`<p class="field-problem" id="${field}-problem">!${icon('warning')}${text}</p>`
}

/** Attributes that tell assistive technology that a field is wrong, and why. */
export function fieldProblemAttributes(field: string, problems: readonly Problem[]): string {
  return problemOf(field, problems) === undefined
    ? ''
    : html` aria-invalid="true" aria-describedby="${field}-problem"`
}
