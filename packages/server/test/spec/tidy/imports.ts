// Finds what a file depends on, in every spelling TypeScript has for it.

import { posix } from 'node:path'
import { type Expression, type Program, Visitor } from 'oxc-parser'

export interface Import {
  /** As written: `./scope.ts`, `node:crypto`. */
  readonly specifier: string
  /** The file meant by a relative specifier, from the root of the repository. */
  readonly target: string | undefined
  readonly typeOnly: boolean
  readonly offset: number
}

export function findImports(path: string, program: Program): Import[] {
  const found: Import[] = []

  function add(specifier: string, typeOnly: boolean, offset: number): void {
    const isRelative = specifier.startsWith('.')
    const target = isRelative ? posix.join(posix.dirname(path), specifier) : undefined
    found.push({ specifier, target, typeOnly, offset })
  }

  new Visitor({
    ImportDeclaration(node) {
      add(node.source.value, isTypeImport(node), node.start)
    },
    ExportNamedDeclaration(node) {
      if (node.source) add(node.source.value, node.exportKind === 'type', node.start)
    },
    ExportAllDeclaration(node) {
      add(node.source.value, node.exportKind === 'type', node.start)
    },
    ImportExpression(node) {
      const specifier = textOf(node.source)
      if (specifier !== undefined) add(specifier, false, node.start)
    },
    TSImportType(node) {
      add(node.source.value, true, node.start)
    },
    // A worker is started as `new Worker(new URL('./writer.ts', import.meta.url))`.
    NewExpression(node) {
      const [first, second] = node.arguments
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL') return
      if (first === undefined || first.type === 'SpreadElement' || second === undefined) return
      const specifier = textOf(first)
      if (specifier?.startsWith('.')) add(specifier, false, node.start)
    },
  }).visit(program)
  return found
}

function isTypeImport(node: {
  importKind?: string
  specifiers: readonly { type: string; importKind?: string }[]
}): boolean {
  if (node.importKind === 'type') return true
  return (
    node.specifiers.length > 0 &&
    node.specifiers.every((specifier) => specifier.importKind === 'type')
  )
}

function textOf(expression: Expression): string | undefined {
  return expression.type === 'Literal' && typeof expression.value === 'string'
    ? expression.value
    : undefined
}
