// Checks a configuration against the schema and says in words what is wrong and what would be right.

import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { suggest } from '../platform/suggest.ts'
import { type JsonSchema, mayBeObject } from './keys.ts'
import { type Finding, formatPath, type Path } from './problems.ts'
import { ConfigSchema, type RawConfig } from './schema.ts'

// Every problem is reported at once; the library would stop at eight.
Settings.Set({ maxErrors: 1000 })

export interface Validation {
  /** With defaults filled in. Only as good as the absence of findings. */
  readonly value: RawConfig
  readonly findings: readonly Finding[]
}

export function validate(raw: unknown): Validation {
  const value = Value.Default(ConfigSchema, structuredClone(raw)) as RawConfig
  const findings = Value.Errors(ConfigSchema, value).flatMap((error) => {
    const path = parsePointer(error.instancePath, value)
    const schema = schemaAt(error.schemaPath)
    return explain({ ...error, path, schema, value: valueAt(value, path) })
  })
  return { value, findings }
}

interface Violation {
  readonly keyword: string
  readonly schemaPath: string
  readonly params: object
  readonly path: Path
  readonly schema: JsonSchema | undefined
  readonly value: unknown
}

function explain(violation: Violation): Finding[] {
  const { keyword, path, params } = violation
  // The branches of a union explain themselves in one sentence, that of the union.
  if (violation.schemaPath.includes('/anyOf/')) return []
  if (keyword === 'additionalProperties') return []
  if (keyword === 'boolean') return [explainUnknownKey(path)]
  if (keyword === 'required' && 'requiredProperties' in params) {
    return explainMissing(path, violation.schema, params.requiredProperties as string[])
  }
  const schema = violation.schema ?? {}
  const shown = schema.writeOnly ? 'something else' : JSON.stringify(violation.value)
  return [{ path, what: `is ${shown}`, remedy: `give ${expectation(schema)}` }]
}

function explainUnknownKey(path: Path): Finding {
  const known = Object.keys(schemaOf(path.slice(0, -1))?.properties ?? {})
  const near = suggest(String(path.at(-1)), known)
  const remedy = near ? `did you mean ${near}?` : `known here: ${known.join(', ')}`
  return { path, what: 'is not a key that Ostiary knows', remedy }
}

function explainMissing(
  path: Path,
  schema: JsonSchema | undefined,
  names: readonly string[],
): Finding[] {
  return names.map((name) => {
    const missing = schema?.properties?.[name] ?? {}
    const meaning = missing.description ?? formatPath([...path, name])
    return {
      path: [...path, name],
      what: 'is missing',
      remedy: `give ${expectation(missing)}. ${meaning}`,
    }
  })
}

/** What a key takes, as words that follow "give". */
function expectation(schema: JsonSchema): string {
  const example = schema.examples?.[0]
  const suffix = example === undefined ? '' : `, for example ${JSON.stringify(example)}`
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (schema.anyOf && !mayBeObject(schema)) return schema.anyOf.map(expectation).join(' or ')
  if (schema.anyOf) return `a text, or texts by language with "en" among them${suffix}`
  if (schema.type === 'integer') {
    return `a whole number from ${schema.minimum} to ${schema.maximum}`
  }
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'array') return schema.minItems ? 'a list with an entry' : 'a list'
  if (schema.type === 'object') return 'keys and their values below it'
  if (schema.format === 'email') return `an e-mail address${suffix}`
  return schema.pattern && !example ? `a text that matches ${schema.pattern}` : `a text${suffix}`
}

/** JSON Pointer (RFC 6901 §4) -> path, with numbers where the value has a list. */
function parsePointer(pointer: string, root: unknown): Path {
  const path: (string | number)[] = []
  let value = root
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(value) ? Number(name) : name)
    value = valueAt(value, path.slice(-1))
  }
  return path
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (isContainer(value) ? value[part] : undefined), root)
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}

function schemaAt(schemaPath: string): JsonSchema | undefined {
  const found = valueAt(ConfigSchema, schemaPath.split('/').slice(1))
  return isContainer(found) ? found : undefined
}

/** The schema of the keys at a place in a configuration. */
function schemaOf(path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>(
    (schema, part) => (typeof part === 'number' ? schema?.items : schema?.properties?.[part]),
    ConfigSchema,
  )
}
