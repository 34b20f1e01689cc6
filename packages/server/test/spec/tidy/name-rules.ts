// Rules about what files are called, how they introduce themselves, and what they export.

import { posix } from 'node:path'
import { Visitor } from 'oxc-parser'
import { type CodeFile, isProduct, type Repo } from './repo.ts'
import { codeRule, type Finding, findingAt, type Rule } from './rule.ts'

const BANNED = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'misc', 'base'])
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/
const MAX_HEADER_LINES = 5

const bannedNames = codeRule({
  id: 'telling-names',
  says: 'No file or folder has a name that says nothing',
  remedy: 'Name it by what it holds.',
  find: (file) => {
    const words = file.path.split(/[/.-]/)
    const banned = words.find((word) => BANNED.has(word))
    return banned ? [findingAt(file, 0, `"${banned}" in the path`)] : []
  },
})

const kebabCase = codeRule({
  id: 'kebab-case',
  says: 'Files and folders are kebab-case',
  remedy: 'Use lower case and hyphens: `token-response.ts`.',
  find: (file) => {
    const parts = file.path.replace(/(\.test|\.config|\.d)?\.[jt]s$/, '').split('/')
    const bad = parts.find((part) => !KEBAB_CASE.test(part))
    return bad === undefined ? [] : [findingAt(file, 0, `"${bad}" in the path`)]
  },
})

const headers: Rule = {
  id: 'header-comment',
  says: 'Each folder, or each of its files, opens with a comment of at most five lines',
  remedy: 'Say in the first lines what it owns and what it must not know.',
  find: ({ code }) => {
    const files = code.filter(isProduct)
    const introduced = new Set(files.filter(introducesFolder).map(folderOf))
    return files.flatMap((file) => {
      const length = headerLength(file)
      if (length > MAX_HEADER_LINES)
        return [findingAt(file, 0, `header comment of ${length} lines`)]
      if (length > 0 || introduced.has(folderOf(file))) return []
      return [findingAt(file, 0, 'no header comment, neither here nor in the main file')]
    })
  },
}

function introducesFolder(file: CodeFile): boolean {
  const name = posix.basename(file.path, '.ts')
  return headerLength(file) > 0 && [posix.basename(folderOf(file)), 'index'].includes(name)
}

function folderOf({ path }: CodeFile): string {
  return posix.dirname(path)
}

/** Lines of the comment at the very top. A JSDoc is not one: it belongs to the declaration below it. */
function headerLength({ text }: CodeFile): number {
  const lines = text.replace(/^#!.*\n/, '').split('\n')
  const end = lines.findIndex((line) => !line.startsWith('//'))
  return end === -1 ? lines.length : end
}

const noDefaultExports = codeRule({
  id: 'no-default-exports',
  says: 'No default exports',
  remedy: 'Export it by name, so that it has one name everywhere.',
  find: (file) => {
    const found: Finding[] = []
    if (!isProduct(file) && !file.path.includes('/test/')) return found
    new Visitor({
      ExportDefaultDeclaration(node) {
        found.push(findingAt(file, node.start, 'default export'))
      },
      ExportSpecifier(node) {
        const name = node.exported.type === 'Literal' ? node.exported.value : node.exported.name
        if (name === 'default') found.push(findingAt(file, node.start, 'default export'))
      },
    }).visit(file.program)
    return found
  },
})

const noBarrels: Rule = {
  id: 'no-barrels',
  says: 'No barrels: index.ts is a registry or the entry of a package',
  remedy: 'Import from the file that owns the name.',
  find: ({ code, entries }: Repo) =>
    code
      .filter((file) => isProduct(file) && !entries.includes(file.path))
      .filter(({ program }) => program.body.length > 0 && program.body.every(isReExport))
      .map((file) => findingAt(file, 0, 'the file only passes on what others export')),
}

function isReExport(statement: { type: string; source?: unknown }): boolean {
  return (
    statement.type === 'ExportAllDeclaration' ||
    (statement.type === 'ExportNamedDeclaration' && Boolean(statement.source))
  )
}

export const NAME_RULES = [bannedNames, kebabCase, headers, noDefaultExports, noBarrels]
