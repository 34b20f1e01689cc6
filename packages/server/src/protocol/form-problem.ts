// What can be wrong with a form, as codes: operations find it, pages have the words for it in each language.

import type { RedirectUriProblem, SelfServiceUriProblem } from './redirect-uri.ts'

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
  /** It is there, and this user may see it but not do that to it. */
  | 'not_allowed'
  /** A name in which there is nothing to read, and one that passes for somebody else's. */
  | 'no_letters'
  | 'imitates'
  | Exclude<RedirectUriProblem, 'scheme_without_domain'>
  | SelfServiceUriProblem

export interface FormProblem {
  /** Name of the form field; undefined when no field can mend it. */
  readonly field: string | undefined
  readonly code: Exclude<FormProblemCode, 'unknown' | 'not_allowed'>
  /** The value that is wrong, or the limit that it passes. */
  readonly value: string | undefined
}
