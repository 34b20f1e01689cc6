// Rules about size: what fits on a screen can be read, what takes three arguments can be called without looking.

import { type ParamPattern, Visitor } from 'oxc-parser'
import { type CodeFile, isProduct, lineCount, lineOf, type Repo } from './repo.ts'
import { codeRule, findingAt, type Rule } from './rule.ts'

const MAX_FILE_LINES = 500
const MAX_MEDIAN_LINES = 120
const MAX_FUNCTION_LINES = 70
const MAX_PARAMETERS = 3

const fileLength = codeRule({
  id: 'file-length',
  says: `Files have at most ${MAX_FILE_LINES} lines`,
  remedy: 'Split it along the questions that it answers.',
  find: (file) => {
    const lines = lineCount(file)
    return lines > MAX_FILE_LINES ? [findingAt(file, 0, `${lines} lines`)] : []
  },
})

const medianLength: Rule = {
  id: 'median-length',
  says: `Half of the source files have fewer than ${MAX_MEDIAN_LINES} lines`,
  remedy: 'Split the longest ones.',
  find: ({ code }: Repo) => {
    const files = code.filter(isProduct).map((file) => ({ file, lines: lineCount(file) }))
    const middle = files.toSorted((a, b) => a.lines - b.lines)[Math.floor(files.length / 2)]
    if (middle === undefined || middle.lines < MAX_MEDIAN_LINES) return []
    return [findingAt(middle.file, 0, `the median file has ${middle.lines} lines`)]
  },
}

// Tests are lists: what groups them, or describes one store in full, is read from top to bottom, not understood at once.
const functionLength = codeRule({
  id: 'function-length',
  says: `Functions that ship have at most ${MAX_FUNCTION_LINES} lines`,
  remedy: 'Take out the steps that have a name of their own.',
  find: (file) =>
    (isProduct(file) ? findFunctions(file) : []).flatMap(({ start, end }) => {
      const lines = lineOf(file, end) - lineOf(file, start) + 1
      return lines > MAX_FUNCTION_LINES
        ? [findingAt(file, start, `function of ${lines} lines`)]
        : []
    }),
})

const parameterCount = codeRule({
  id: 'parameter-count',
  says: `Functions have at most ${MAX_PARAMETERS} positional parameters`,
  remedy: 'Take one object with names instead.',
  find: (file) =>
    findFunctions(file).flatMap(({ start, params, isCallback }) =>
      isCallback || params.length <= MAX_PARAMETERS
        ? []
        : [findingAt(file, start, `${params.length} positional parameters`)],
    ),
})

interface FunctionNode {
  readonly start: number
  readonly end: number
  readonly params: readonly ParamPattern[]
  /** Its parameters are for whoever calls it to choose: Express tells error handlers by having four. */
  readonly isCallback: boolean
}

function findFunctions({ program }: CodeFile): FunctionNode[] {
  const found: FunctionNode[] = []
  const named = new Set<number>()
  const add = (node: Omit<FunctionNode, 'isCallback'> & { type: string }) => {
    const isExpression = node.type.endsWith('Expression')
    found.push({
      ...node,
      isCallback: isExpression && !named.has(node.start),
    })
  }
  new Visitor({
    VariableDeclarator({ init }) {
      if (init) named.add(init.start)
    },
    PropertyDefinition({ value }) {
      if (value) named.add(value.start)
    },
    MethodDefinition({ value }) {
      named.add(value.start)
    },
    Property({ value }) {
      named.add(value.start)
    },
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
    TSDeclareFunction: add,
    TSMethodSignature: add,
    TSFunctionType: add,
  }).visit(program)
  return found
}

export const SIZE_RULES: readonly Rule[] = [
  fileLength,
  medianLength,
  functionLength,
  parameterCount,
]
