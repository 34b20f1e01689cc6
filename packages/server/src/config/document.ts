// Reads the configuration file: its value, and the line on which each key stands.

import { readFileSync } from 'node:fs'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { ConfigProblem, Path } from './problems.ts'

export interface ConfigDocument {
  /** `{}` when there is no file, or none that can be read. */
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  /** `ostiary.config.yaml:12`: where this key stands, or the nearest one above it. */
  locate(path: Path): string
}

export function readDocument(file: string): ConfigDocument {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return unreadable(file, error)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const faults = [...document.errors, ...document.warnings]
  const problems = faults.map(({ message, pos }) => ({
    place: `${file}:${lines.linePos(pos[0]).line}`,
    what: `is not valid YAML: ${message.split('\n')[0]}`,
    remedy: 'correct this line; nothing below it was looked at',
  }))
  return {
    value: problems.length > 0 ? {} : (document.toJS() ?? {}),
    problems,
    locate: (path) => `${file}:${lineOf(document, lines, path)}`,
  }
}

function unreadable(file: string, error: unknown): ConfigDocument {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  const what = missing ? 'there is no such file' : `cannot be read: ${String(error)}`
  const remedy = 'name the file with --config or OSTIARY_CONFIG, and make it readable'
  return { value: {}, problems: [{ place: file, what, remedy }], locate: () => file }
}

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const part of path) {
    const found = childOf(node, part)
    if (!found) break
    node = found.node
    offset = found.offset
  }
  return lines.linePos(offset).line
}

function childOf(node: unknown, part: string | number) {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === part)
    if (!pair || !isScalar(pair.key)) return undefined
    return { node: pair.value, offset: pair.key.range?.[0] ?? 0 }
  }
  if (!isNode(node) || !('items' in node) || !Array.isArray(node.items)) return undefined
  const child: unknown = node.items[Number(part)]
  return isNode(child) ? { node: child, offset: child.range?.[0] ?? 0 } : undefined
}
