// Whether a command has answered what its page says. `…` on the page stands for whatever is there.

import type { Answer } from './steps.ts'

/** @returns what is different, in words; nothing when all is as the page says */
export function findDifferences(printed: string, { kind, text }: Answer): readonly string[] {
  return kind === 'text' ? findMissingLines(printed, text) : compareJson(printed, text)
}

/** Of more lines than these, the page shows those that matter, in their order. */
function findMissingLines(printed: string, expected: string): readonly string[] {
  const lines = printed.split(/\r?\n/)
  let from = 0
  return expected
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const index = lines.findIndex((candidate, at) => at >= from && fits(candidate, line))
      if (index === -1) return [`no line "${line}"`]
      from = index + 1
      return []
    })
}

/** The last line of what was printed is the answer. */
function compareJson(printed: string, expected: string): readonly string[] {
  const line = printed.trimEnd().split('\n').at(-1) ?? ''
  try {
    return compare(JSON.parse(line), JSON.parse(expected), '')
  } catch (error) {
    return [`${error}: ${line}`]
  }
}

function compare(actual: unknown, expected: unknown, place: string): readonly string[] {
  if (expected === '…') return []
  if (Array.isArray(expected)) return compareLists(actual, expected, place)
  if (isObject(expected)) return compareObjects(actual, expected, place)
  const same =
    typeof expected === 'string'
      ? typeof actual === 'string' && fits(actual, expected)
      : actual === expected
  return same ? [] : [`${place || 'the answer'} is ${JSON.stringify(actual)}`]
}

/** `…` at the end of a list: there may be more. */
function compareLists(
  actual: unknown,
  expected: readonly unknown[],
  place: string,
): readonly string[] {
  if (!Array.isArray(actual)) return [`${place} is no list`]
  const open = expected.at(-1) === '…'
  const named = open ? expected.slice(0, -1) : expected
  if (!open && actual.length !== named.length) return [`${place} has ${actual.length} entries`]
  return named.flatMap((each, index) => compare(actual[index], each, `${place}[${index}]`))
}

function compareObjects(actual: unknown, expected: object, place: string): readonly string[] {
  if (!isObject(actual)) return [`${place} is no object`]
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)])
  return [...names].flatMap((name) => {
    if (!(name in expected)) return [`${place}.${name} is not on the page`]
    if (!(name in actual)) return [`${place}.${name} is missing`]
    return compare(Reflect.get(actual, name), Reflect.get(expected, name), `${place}.${name}`)
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fits(actual: string, expected: string): boolean {
  const [start = '', ...others] = expected.split('…')
  const end = others.pop()
  if (end === undefined) return actual === start
  let from = start.length
  for (const part of others) {
    const index = actual.indexOf(part, from)
    if (index === -1) return false
    from = index + part.length
  }
  return actual.startsWith(start) && actual.slice(from).endsWith(end)
}
