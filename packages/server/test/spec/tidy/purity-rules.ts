// Rules about what code may touch: time and chance come from `platform`, and nothing points at one machine.

import { Visitor } from 'oxc-parser'
import { type CodeFile, isProduct } from './repo.ts'
import { codeRule, type Finding, findingAt } from './rule.ts'

/** Where the process itself is at hand. The SDK and the examples are other processes with their own boundary. */
const IMPURE =
  /^packages\/server\/src\/(platform\/|config\/|cli\/|main\.ts)|^(packages\/resource|examples)\//

/** Where a person in front of a terminal is spoken to. */
const SPEAKING = /^packages\/server\/src\/(cli\/|main\.ts)|^examples\/[^/]+\/src\/main\.ts/

const RANDOM = new Set([
  'getRandomValues',
  'randomBytes',
  'randomFillSync',
  'randomInt',
  'randomUUID',
])
const FORBIDDEN_MEMBERS = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process.env',
  'process.exit',
  'process.hrtime',
  'process.on',
])

const timeAndChance = codeRule({
  id: 'time-and-chance',
  says: 'Time, chance and the process belong to platform, config, cli and main.ts',
  remedy:
    'Take a Clock from platform/clock.ts, a secret or id from platform/random.ts, a setting from the configuration.',
  find: (file) => (isProduct(file) && !IMPURE.test(file.path) ? findImpure(file) : []),
})

function findImpure(file: CodeFile): Finding[] {
  const found: Finding[] = []
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return
      const name = `${node.object.name}.${node.property.name}`
      if (FORBIDDEN_MEMBERS.has(name)) found.push(findingAt(file, node.start, name))
    },
    NewExpression(node) {
      const isDate = node.callee.type === 'Identifier' && node.callee.name === 'Date'
      if (isDate && node.arguments.length === 0)
        found.push(findingAt(file, node.start, 'new Date()'))
    },
    Identifier(node) {
      if (RANDOM.has(node.name)) found.push(findingAt(file, node.start, node.name))
    },
  }).visit(file.program)
  return found.filter(
    ({ problem }, index) => found.findIndex((f) => f.problem === problem) === index,
  )
}

const noConsole = codeRule({
  id: 'no-console',
  says: 'Only commands and main.ts write to the terminal',
  remedy: 'Use the log that the request carries.',
  find: (file) => {
    const found: Finding[] = []
    if (!isProduct(file) || SPEAKING.test(file.path)) return found
    new Visitor({
      MemberExpression(node) {
        if (node.object.type !== 'Identifier' || node.object.name !== 'console') return
        found.push(findingAt(file, node.start, 'console'))
      },
    }).visit(file.program)
    return found
  },
})

export const PURITY_RULES = [timeAndChance, noConsole]
