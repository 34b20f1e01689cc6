// What can be wrong with a form, as codes: operations find it, pages have the words for it in each language.

import type { RedirectUriProblem } from './redirect-uri.ts'

export type FormProblemCode =
  | 'empty'
  | 'too_long'
  | 'invisible_characters'
  | 'not_chosen'
  | 'taken'
  | 'repeated'
  | 'too_many'
  | 'no_date'
  | 'in_the_past'
  | 'too_far_away'
  | 'different'
  | 'changed_meanwhile'
  /** There is no such thing, or none that this user may see. */
  | 'unknown'
  | RedirectUriProblem

export interface FormProblem {
  /** Name of the form field; undefined when no field can mend it. */
  readonly field: string | undefined
  readonly code: Exclude<FormProblemCode, 'unknown'>
  /** The value that is wrong, or the limit that it passes. */
  readonly value: string | undefined
}
