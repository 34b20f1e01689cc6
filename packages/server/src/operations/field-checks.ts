// Checks of single fields that several operations share.

import type { FieldProblem } from './operation.ts'

const MAX_NAME_LENGTH = 100
const HANDLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** A name as people read it: one line, and nothing that changes how the text around it looks. */
export function checkName(field: string, name: string): FieldProblem[] {
  if (name.trim() === '') return [{ field, problem: 'is empty: give a name', code: 'empty' }]
  if ([...name].length > MAX_NAME_LENGTH) {
    const problem = `has more than ${MAX_NAME_LENGTH} characters`
    return [{ field, problem, code: 'too_long', value: String(MAX_NAME_LENGTH) }]
  }
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(name)) {
    const problem = 'holds invisible characters: leave them out'
    return [{ field, problem, code: 'invisible_characters' }]
  }
  return []
}

/** An id that was chosen instead of made. */
export function checkHandle(field: string, id: string): FieldProblem[] {
  if (HANDLE.test(id)) return []
  const problem =
    'may have at most 128 letters, digits, dots, dashes and underscores, and nothing else'
  return [{ field, problem: `"${id}" cannot be used: an id ${problem}` }]
}

export function checkWebAddress(field: string, url: string | undefined): FieldProblem[] {
  if (url === undefined || (URL.canParse(url) && new URL(url).protocol === 'https:')) return []
  return [{ field, problem: `"${url}" is not an https address` }]
}

export function findRepeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))]
}
