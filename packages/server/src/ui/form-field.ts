// The fields of our own pages, each with its label, its hint and what is wrong with it.

import { html } from 'ghtml'
import type { FormProblem } from '../protocol/form-problem.ts'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import type { Problem } from './problem-summary.ts'
import type { MessageKey, Words } from './words.ts'

const VALUE_LENGTH = 120

/** The problems of a form in words, each with the label of its field. */
export function describeProblems(
  problems: readonly FormProblem[],
  labels: Readonly<Record<string, MessageKey>>,
  words: Words,
): Problem[] {
  return problems.map(({ field, code, value = '' }) => {
    const labelKey = field === undefined ? undefined : labels[field]
    const label = labelKey === undefined ? '' : words.text(labelKey)
    const values = { label, value: displayText(value, VALUE_LENGTH) }
    return { field, text: words.text(`form.${code}`, values) }
  })
}

export interface TextField {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly value: string
  /** `lines`: one entry per line. */
  readonly kind: 'text' | 'date' | 'lines'
  readonly problems: readonly Problem[]
}

export function textField(field: TextField): string {
  const { name, label, hint, value, kind, problems } = field
  const control =
    kind === 'lines'
      ? html`<textarea id="${name}" name="${name}" rows="3" autocapitalize="none" autocorrect="off" spellcheck="false"!${references(field)}>
${value}</textarea>`
      : html`<input id="${name}" name="${name}" type="${kind}" value="${value}" autocomplete="off"!${references(field)}>`
  return html`<div class="field">
<label for="${name}">${label}</label>
!${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
!${problemsBeside(name, problems)}
!${control}
</div>`
}

export interface ChoiceField {
  readonly name: string
  readonly legend: string
  readonly hint?: string
  readonly options: readonly {
    readonly value: string
    readonly label: string
    readonly hint?: string
  }[]
  readonly value: string
  readonly problems: readonly Problem[]
}

export function choiceField(field: ChoiceField): string {
  const { name, legend, hint, problems } = field
  const options = field.options.map((option, index) => {
    // The first one carries the id to which the problem summary leads.
    const id = index === 0 ? name : `${name}-${index + 1}`
    const checked = option.value === field.value ? ' checked' : ''
    const more = option.hint && html`<span class="hint">${option.hint}</span>`
    return html`<label for="${id}"><input id="${id}" type="radio" name="${name}" value="${option.value}"!${checked}><span class="choice"><bdi>${option.label}</bdi>!${more}</span></label>`
  })
  return html`<fieldset class="organisations" role="radiogroup"!${references(field)}>
<legend>${legend}</legend>
!${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
!${problemsBeside(name, problems)}
!${options}
</fieldset>`
}

function problemsBeside(name: string, problems: readonly Problem[]): string {
  const own = problems.filter(({ field }) => field === name)
  if (own.length === 0) return ''
  const lines = own.map(({ text }) => html`<p class="field-problem">!${icon('warning')}${text}</p>`)
  return html`<div id="${name}-problem">!${lines}</div>`
}

/** Names the hint and the problems of a field for assistive technology. */
function references({
  name,
  hint,
  problems,
}: {
  name: string
  hint?: string
  problems: readonly Problem[]
}): string {
  const isWrong = problems.some(({ field }) => field === name)
  const ids = [hint && `${name}-hint`, isWrong && `${name}-problem`].filter(Boolean)
  const described = ids.length === 0 ? '' : html` aria-describedby="${ids.join(' ')}"`
  return html`!${isWrong ? ' aria-invalid="true"' : ''}!${described}`
}
