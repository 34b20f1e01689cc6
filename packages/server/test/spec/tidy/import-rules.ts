// Enforces the import table, and that imports never lead in a circle nor past a file that nothing uses.

import { findCircles, reach } from './graph.ts'
import { ALIASES, OTHER_PACKAGES, SERVER } from './import-table.ts'
import type { Import } from './imports.ts'
import { type CodeFile, isProduct, isTest, type Repo } from './repo.ts'
import { codeRule, type Finding, findingAt, type Rule } from './rule.ts'

const SERVER_SRC = 'packages/server/src/'

const importTable = codeRule({
  id: 'import-table',
  says: 'Imports follow the table in test/spec/tidy/import-table.ts',
  remedy: 'Pass the thing in from app.ts, or move the code to the folder that owns it.',
  find: (file) => {
    if (!isProduct(file)) return []
    return file.imports.flatMap((edge): Finding[] => {
      const problem = importProblem(file, edge)
      return problem ? [findingAt(file, edge.offset, problem)] : []
    })
  },
})

function importProblem({ path }: CodeFile, edge: Import): string | undefined {
  const what = edge.typeOnly ? `types of ${edge.specifier}` : edge.specifier
  const [from, allowed] = path.startsWith(SERVER_SRC)
    ? serverVerdict(zoneOf(path), edge)
    : packageVerdict(path.split('/', 2).join('/'), edge)
  return allowed ? undefined : `${from} may not import ${what}`
}

function packageVerdict(root: string, { specifier, target, typeOnly }: Import): Verdict {
  const isOwn = target?.startsWith(`${root}/`) ?? false
  return [root, isOwn || permits(OTHER_PACKAGES[root] ?? '', specifier, typeOnly)]
}

function serverVerdict(from: string, { specifier, target, typeOnly }: Import): Verdict {
  const row = SERVER[from]
  if (row === undefined) return [`${from}, which has no row in the table,`, false]
  if (target === undefined) return [from, permits(row.packages, specifier, typeOnly)]
  if (!target.startsWith(SERVER_SRC)) return [from, false]
  const to = nameOf(target)
  const isOwn = zoneOf(target) === from || (folderOf(to) === folderOf(from) && !isWalled(to))
  const isVocabulary = typeOnly && folderOf(to) === 'protocol'
  return [from, isOwn || isVocabulary || permits(row.folders, to, typeOnly)]
}

/** Who imports, and whether they may. */
type Verdict = readonly [from: string, allowed: boolean]

/** The row that governs a file: the longest name that its own begins with, else its folder. */
function zoneOf(path: string): string {
  const name = nameOf(path)
  const rows = Object.keys(SERVER).filter((row) => name === row || name.startsWith(`${row}/`))
  return rows.reduce((a, b) => (b.length > a.length ? b : a), '') || folderOf(name)
}

/** `packages/server/src/store/records.ts` -> `store/port`, `…/platform/log.ts` -> `platform/log`. */
function nameOf(path: string): string {
  const name = path.replace(SERVER_SRC, '').replace(/\.ts$/, '')
  return ALIASES[name] ?? name
}

function folderOf(name: string): string {
  return name.split('/', 1)[0] ?? name
}

/** SQL stays behind the port, even for its neighbours in `store`. */
function isWalled(name: string): boolean {
  return name.startsWith('store/sql')
}

function permits(allowed: string, name: string, typeOnly: boolean): boolean {
  return allowed.split(' ').some((word) => {
    const isTypeWord = word.startsWith('type:')
    if (isTypeWord && !typeOnly) return false
    const pattern = isTypeWord ? word.slice('type:'.length) : word
    if (pattern.endsWith('*')) return name.startsWith(pattern.slice(0, -1))
    return name === pattern || name.startsWith(`${pattern}/`)
  })
}

const noCircles: Rule = {
  id: 'no-circles',
  says: 'Imports never lead in a circle',
  remedy: 'Move what the files share into a third one that knows neither.',
  find: ({ code }) =>
    findCircles(graphOf(code)).map((circle) => ({
      path: circle[0] ?? '',
      line: 1,
      problem: `circle: ${[...circle, circle[0]].join(' -> ')}`,
    })),
}

const noDeadFiles: Rule = {
  id: 'no-dead-files',
  says: 'Every source file is reached from a command, a package export or a script',
  remedy: 'Import it where it is needed, or delete it.',
  find: ({ code, entries }) => {
    const alive = reach(graphOf(code.filter(isProduct)), entries)
    return code
      .filter((file) => isProduct(file) && !alive.has(file.path))
      .map(({ path }) => ({ path, line: 1, problem: 'nothing that ships imports this file' }))
  },
}

const noDeadTestFiles: Rule = {
  id: 'no-dead-test-files',
  says: 'Every file beside the tests is used by one of them',
  remedy: 'Import it in a test, name it in a script of package.json, or delete it.',
  find: ({ code, entries }) => {
    const tests = code.filter(isTest).map(({ path }) => path)
    const alive = reach(graphOf(code), [...tests, ...entries])
    return code
      .filter(({ path }) => path.includes('/test/') && !alive.has(path))
      .map(({ path }) => ({ path, line: 1, problem: 'no test imports this file' }))
  },
}

function graphOf(files: Repo['code']): ReadonlyMap<string, readonly string[]> {
  return new Map(
    files.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]),
  )
}

/** A table that allowed a circle of folders would be no table. */
export function circlesOfTable(): readonly (readonly string[])[] {
  const edges = Object.entries(SERVER).map(([from, { folders }]): [string, string[]] => [
    zoneOf(from),
    folders
      .split(' ')
      .filter((word) => word !== '' && word !== '*')
      .map((word) => zoneOf(word.replace('type:', '')))
      .filter((to) => to !== from),
  ])
  return findCircles(new Map(edges))
}

export const IMPORT_RULES = [importTable, noCircles, noDeadFiles, noDeadTestFiles]
