// Settings from environment variables: OSTIARY_SERVER_PORT is server.port. Must not check what they mean.

import { readFileSync } from 'node:fs'
import { suggest } from '../platform/suggest.ts'
import { type ConfigKey, type JsonSchema, listConfigKeys } from './keys.ts'
import type { ConfigProblem, Path } from './problems.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A value from outside the file, and the name of what it came from. */
export interface Setting {
  readonly path: Path
  readonly value: unknown
  readonly place: string
  /** Whether a list is added to what is there instead of taking its place. */
  readonly adds?: boolean
}

/** Ours, but read elsewhere: where the file is, and where the demo keeps its data. */
const OTHER_VARIABLES = ['OSTIARY_CONFIG', 'OSTIARY_DATA']

/** Kubernetes describes each service in variables of this form; one called `ostiary` must not stop us. */
const SERVICE_VARIABLE =
  /^OSTIARY(_[A-Z0-9]+)*_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/

/** Later settings win over earlier ones. */
export function readEnvironment(env: Environment): {
  settings: readonly Setting[]
  problems: readonly ConfigProblem[]
} {
  const settings: Setting[] = []
  const problems: ConfigProblem[] = []
  const keys = listConfigKeys().flatMap(variablePattern)
  if (env.PORT) settings.push(portSetting(env.PORT))
  // In order, so that entry 0 of a list comes before entry 1.
  for (const name of Object.keys(env).sort()) {
    const text = env[name]
    if (!name.startsWith('OSTIARY_') || OTHER_VARIABLES.includes(name) || !text) continue
    const key = keys.find(({ pattern }) => pattern.test(name))
    if (key) {
      const result = readVariable({ name, text, key, env })
      if ('what' in result) problems.push(result)
      else settings.push(result)
    } else if (!SERVICE_VARIABLE.test(name)) problems.push(unknownVariable(name))
  }
  return { settings, problems }
}

function portSetting(text: string): Setting {
  return { path: ['server', 'port'], value: parseValue(text, { type: 'integer' }), place: 'PORT' }
}

interface VariablePattern {
  readonly key: ConfigKey
  readonly pattern: RegExp
}

function variablePattern(key: ConfigKey): VariablePattern[] {
  if (key.variable === undefined) return []
  const name = key.variable.replaceAll('<n>', String.raw`(\d{1,4})`)
  return [{ key, pattern: new RegExp(`^${name}${key.schema.writeOnly ? '(?:_FILE)?' : ''}$`) }]
}

function readVariable(input: {
  name: string
  text: string
  key: VariablePattern
  env: Environment
}): Setting | ConfigProblem {
  const { name, key, env } = input
  const { schema } = key.key
  const numbers = (key.pattern.exec(name) ?? []).slice(1)
  const path = key.key.path.map((part) => (part === '*' ? Number(numbers.shift()) : part))
  if (!schema.writeOnly || !name.endsWith('_FILE')) {
    return { path, value: parseValue(input.text, schema), place: name }
  }
  const plain = name.slice(0, -'_FILE'.length)
  if (env[plain]) {
    return { place: name, what: `is set, and so is ${plain}`, remedy: 'set only one of the two' }
  }
  try {
    return { path, value: readFileSync(input.text, 'utf8').trim(), place: name }
  } catch (error) {
    const what = `names a file that cannot be read: ${reasonOf(error)}`
    return { place: name, what, remedy: 'correct the name, or let this user read the file' }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Text -> the type of the key; what does not fit stays text and is reported by the schema check. */
export function parseValue(text: string, schema: JsonSchema): unknown {
  if (schema.anyOf) {
    const values = schema.anyOf.map((alternative) => parseValue(text, alternative))
    return values.find((value) => value !== text) ?? text
  }
  if (schema.type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (schema.type === 'array') {
    const items = text.split(',').map((item) => item.trim())
    return items.filter((item) => item !== '')
  }
  return text
}

function unknownVariable(name: string): ConfigProblem {
  const known = listConfigKeys().flatMap(({ variable }) => variable ?? [])
  const near = suggest(name.replace(/_\d+(?=_)/g, '_<n>'), [...known, ...OTHER_VARIABLES])
  const remedy = near ? `did you mean ${near}?` : 'remove it, or see docs/reference/config.md'
  return { place: name, what: 'is not a variable that Ostiary knows', remedy }
}
