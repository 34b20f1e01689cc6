// Recognises the calls that declare tests: `test(…)`, `describe.each(…)(…)`.

import type { Expression } from 'oxc-parser'

export type Runner = 'test' | 'it' | 'describe'

export function runnerOf(callee: Expression): Runner | undefined {
  if (callee.type === 'CallExpression') return runnerOf(callee.callee)
  if (callee.type === 'TaggedTemplateExpression') return runnerOf(callee.tag)
  if (callee.type === 'MemberExpression') return runnerOf(callee.object)
  if (callee.type !== 'Identifier') return undefined
  return RUNNERS.find((runner) => runner === callee.name)
}

const RUNNERS: readonly Runner[] = ['test', 'it', 'describe']
