// Puts the configuration together: flag before environment before file before default. Reports all problems
// at once. Must not know what the settings are used for.

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { listChecks } from './checks.ts'
import { type ConfigDocument, readDocument } from './document.ts'
import { type Environment, readEnvironment, type Setting } from './environment.ts'
import {
  ConfigError,
  type ConfigProblem,
  type Finding,
  formatPath,
  type Path,
  startsWith,
} from './problems.ts'
import type { RawConfig } from './schema.ts'
import { validate } from './validate.ts'

const DEFAULT_FILE = 'ostiary.config.yaml'
const DEFAULT_DATABASE = './data/ostiary.db'

export type DatabaseSettings =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'postgres'
      readonly url: string
      readonly poolSize: number
      readonly listenUrl?: string | undefined
      readonly preparedStatements: boolean
    }

/** The configuration as the program uses it: complete, checked, file names absolute. */
export interface Config extends Omit<RawConfig, 'database'> {
  readonly database: DatabaseSettings
}

export interface LoadOptions {
  /** Named by --config; otherwise OSTIARY_CONFIG, otherwise ostiary.config.yaml when it is there. */
  readonly file?: string | undefined
  readonly env: Environment
  readonly flags?: readonly Setting[]
  /** Takes the place of a file: `ostiary dev` makes its configuration itself. */
  readonly value?: object
  readonly development?: boolean
}

export interface LoadedConfig {
  readonly config: Config
  /** undefined when everything came from elsewhere. */
  readonly file: string | undefined
}

/** @throws ConfigError with every problem there is */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const file = options.value ? undefined : findFile(options)
  const document = file === undefined ? withoutFile(options) : readDocument(file)
  const environment = readEnvironment(options.env)
  const settings = [...environment.settings, ...(options.flags ?? [])]
  const raw = structuredClone(document.value)
  const applied = applySettings(raw, settings)
  const problems = [...document.problems, ...environment.problems, ...applied]
  if (document.problems.length === 0) {
    const { value, findings } = check(raw, options.development ?? false)
    problems.push(...findings.map((finding) => locate(finding, document, settings)))
    if (problems.length === 0) return { config: finish(value, file), file }
  }
  throw new ConfigError(problems)
}

function findFile({ file, env }: LoadOptions): string | undefined {
  const named = file ?? env.OSTIARY_CONFIG
  if (named) return named
  return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined
}

/** Without a file the environment must say it all, and the tenants are what cannot be left out. */
function withoutFile({ value, env }: LoadOptions): ConfigDocument {
  const saysTenants = Object.keys(env).some((name) => name.startsWith('OSTIARY_TENANTS_'))
  const problem = {
    place: DEFAULT_FILE,
    what: 'is not in this folder',
    remedy:
      'write one (docs/reference/config.md begins with a small one), name it with --config or OSTIARY_CONFIG, or see how all works with `ostiary dev`',
  }
  return {
    value: value ?? {},
    problems: value || saysTenants ? [] : [problem],
    locate: () => `no ${DEFAULT_FILE}:`,
  }
}

function check(raw: unknown, development: boolean) {
  const { value, findings } = validate(raw)
  const clean = (path: Path) => !findings.some((finding) => touches(finding.path, path))
  const checks = listChecks(value).filter(({ reads }) => reads.every(clean))
  const more = checks.flatMap((each) => each.run(value, { development }))
  return { value, findings: [...findings, ...more] }
}

function touches(a: Path, b: Path): boolean {
  return startsWith(a, b) || startsWith(b, a)
}

/** Writes each setting to its place. @returns problems with lists whose entries are not numbered in a row */
function applySettings(raw: unknown, settings: readonly Setting[]): ConfigProblem[] {
  return settings.flatMap((setting) => {
    const problem = isContainer(raw) ? assign(raw, setting) : undefined
    if (problem === undefined) return []
    return [{ place: setting.place, what: problem, remedy: 'number entries from 0, without gaps' }]
  })
}

/** A value where keys should be is left alone: the schema reports it. */
function assign(root: Container, { path, value, adds }: Setting): string | undefined {
  let target = root
  for (const [index, part] of path.entries()) {
    if (Array.isArray(target) && Number(part) > target.length) {
      return `${formatPath(path.slice(0, index))} has only ${target.length} entries`
    }
    const old = target[part]
    if (index === path.length - 1) {
      target[part] = adds && Array.isArray(old) && Array.isArray(value) ? [...old, ...value] : value
      return undefined
    }
    const next = old ?? (typeof path[index + 1] === 'number' ? [] : {})
    if (!isContainer(next)) return undefined
    target[part] = next
    target = next
  }
  return undefined
}

type Container = Record<string | number, unknown>

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function locate(
  { path, what, remedy }: Finding,
  document: ConfigDocument,
  settings: readonly Setting[],
): ConfigProblem {
  const source = settings.findLast((setting) => startsWith(path, setting.path))
  const key = formatPath(path)
  const place = source ? `${source.place} (${key})` : `${document.locate(path)} ${key}`
  return { place: place.trim(), what, remedy }
}

function finish(raw: RawConfig, file: string | undefined): Config {
  const { path = DEFAULT_DATABASE, url, poolSize, listenUrl, preparedStatements } = raw.database
  const folder = file === undefined ? '.' : dirname(file)
  const database: DatabaseSettings =
    url === undefined
      ? { kind: 'sqlite', path: path === ':memory:' ? path : resolve(folder, path) }
      : { kind: 'postgres', url, poolSize, listenUrl, preparedStatements }
  return { ...raw, database }
}
