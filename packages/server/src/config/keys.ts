// Every key of the schema with its name in the environment: what the loader looks for and the reference lists.

import { ConfigSchema } from './schema.ts'

/** The part of JSON Schema that the configuration uses. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  /** Alternatives: single values, or a text and an object of texts. */
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly pattern?: string
  readonly format?: string
  /** Marks a secret: it is not shown, and may come from a file that `…_FILE` names. */
  readonly writeOnly?: boolean
}

export interface ConfigKey {
  /** `*` stands for the number of an entry in a list. */
  readonly path: readonly string[]
  readonly schema: JsonSchema
  readonly required: boolean
  /** Name of the environment variable, with `<n>` for numbers; undefined for what only a file can say. */
  readonly variable: string | undefined
}

const PREFIX = 'OSTIARY'

/** All keys that hold a value (and not further keys), in the order of the schema. */
export function listConfigKeys(): readonly ConfigKey[] {
  return keysBelow(ConfigSchema, [])
}

function keysBelow(schema: JsonSchema, path: readonly string[], required = true): ConfigKey[] {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, child]) =>
      keysBelow(child, [...path, name], schema.required?.includes(name) ?? false),
    )
  }
  if (schema.items?.properties) return keysBelow(schema.items, [...path, '*'])
  return [
    { path, schema, required, variable: mayBeObject(schema) ? undefined : variableName(path) },
  ]
}

export function mayBeObject({ anyOf = [] }: JsonSchema): boolean {
  return anyOf.some(({ type }) => type === 'object')
}

function variableName(path: readonly string[]): string {
  const words = path.map((part) => (part === '*' ? '<n>' : upperSnakeCase(part)))
  return [PREFIX, ...words].join('_')
}

function upperSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
