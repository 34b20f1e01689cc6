// Reads the repository once: every file of code parsed, every page of prose as text. The rules only look at it.
// Knows how to read, not what is right.

import { globSync, readFileSync } from 'node:fs'
import { dirname, posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Comment, type Program, parseSync } from 'oxc-parser'
import { findImports, type Import } from './imports.ts'

export interface Repo {
  readonly code: readonly CodeFile[]
  readonly prose: readonly TextFile[]
  /** Files that are started by name: from a package's `exports`, `bin` and `scripts`, or by a tool's configuration. */
  readonly entries: readonly string[]
}

export interface TextFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface CodeFile extends TextFile {
  readonly program: Program
  readonly comments: readonly Comment[]
  readonly imports: readonly Import[]
}

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../..')

const CODE = ['{packages,examples}/*/{src,test}/**/*.ts', 'packages/*/bin/*.js', '*.ts']
const PROSE = ['*.md', 'docs/**/*.md', '{packages,examples}/*/*.md', '.ci/*', 'deploy/**/*']
const MANIFESTS = ['package.json', '{packages,examples}/*/package.json']
/** The two files that spell out what is forbidden are all that the rules must not see. */
const UNSEEN = ['**/node_modules/**', '**/test/spec/tidy/{samples,text-rules}.ts']

let repo: Repo | undefined

export function readRepo(): Repo {
  repo ??= parseRepo({ ...read(CODE), ...read(PROSE), ...read(MANIFESTS) })
  return repo
}

/** The repository that these files make up: path -> text. */
export function parseRepo(texts: Readonly<Record<string, string>>): Repo {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }))
  const isManifest = ({ path }: TextFile) => posix.basename(path) === 'package.json'
  const isCode = ({ path }: TextFile) => /\.[jt]s$/.test(path)
  return {
    code: files.filter(isCode).map(parseCode),
    prose: files.filter((file) => !isCode(file) && !isManifest(file)),
    entries: [...files.filter(isManifest).flatMap(findEntries), ...findSetups(files)],
  }
}

function parseCode({ path, text }: TextFile): CodeFile {
  const { program, comments, errors } = parseSync(path, text)
  const [error] = errors
  if (error) throw new SyntaxError(`${path}: ${error.message}\n${error.codeframe ?? ''}`)
  return { path, text, program, comments, imports: findImports(path, program) }
}

function findEntries({ path, text }: TextFile): string[] {
  const { exports, bin, scripts } = JSON.parse(text)
  const named = JSON.stringify([exports, bin, scripts]).match(/[\w./-]+\.[jt]s\b/g) ?? []
  return named.map((file) => posix.join(posix.dirname(path), file))
}

/** What vitest.config.ts names: it may put the beginning of a path in a constant. */
function findSetups(files: readonly TextFile[]): string[] {
  const config = files.find(({ path }) => path === 'vitest.config.ts')
  const named = config?.text.match(/\/[\w./-]+\.ts\b/g) ?? []
  return files.map(({ path }) => path).filter((path) => named.some((end) => path.endsWith(end)))
}

function read(patterns: readonly string[]): Record<string, string> {
  const paths = globSync(patterns, { cwd: ROOT, exclude: UNSEEN, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(ROOT, posix.join(entry.parentPath, entry.name)))
  return Object.fromEntries(
    paths.map((path) => [path, readFileSync(posix.join(ROOT, path), 'utf8')]),
  )
}

export function lineOf({ text }: TextFile, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

export function lineCount({ text }: TextFile): number {
  return text.trimEnd().split('\n').length
}

/** Code that ships: neither a test nor what only tests use. */
export function isProduct({ path }: TextFile): boolean {
  return /^(packages|examples)\/[^/]+\/(src|bin)\//.test(path) && !isTest({ path })
}

export function isTest({ path }: Pick<TextFile, 'path'>): boolean {
  return path.endsWith('.test.ts')
}
