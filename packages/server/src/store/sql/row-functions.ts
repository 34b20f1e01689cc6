// Functions that are written out for the columns of one statement, and compiled once. One loop over names would serve all
// statements, and the engine, which then cannot know what any row looks like, takes forty times as long for each.

import type { Columns } from './columns.ts'

export type Value = string | number | null

/** How a value is kept: lists as JSON text, flags as 0 or 1, because SQLite has neither type. */
export type ColumnKind = 'text' | 'number' | 'flag' | 'list'

/** @returns what turns the values of a row, in the order of these columns, into a record. */
export type RowDecoder = (values: readonly unknown[]) => Record<string, unknown>

export interface ResultColumn {
  readonly property: string
  readonly kind: ColumnKind
}

export function rowDecoder(columns: readonly ResultColumn[]): RowDecoder {
  const fields = columns.map(({ property, kind }, at) => {
    const value = `values[${at}]`
    return field(property, kind === 'flag' || kind === 'list' ? `${kind}(${value})` : value)
  })
  return write('values', `({ ${fields.join(', ')} })`, { flag, list })
}

const flag = (value: unknown) => (value === null ? null : value === 1)
const list = (value: unknown) => (value === null ? null : JSON.parse(String(value)))

/** The value of an input by its name, or one that is always the same. */
export type Parameter = { readonly input: string } | { readonly constant: unknown }

/** @returns what gives the values of a statement's parameters, from its input */
export function binder(parameters: readonly Parameter[]): (input: object) => Value[] {
  const values = parameters.map((parameter, at) =>
    'input' in parameter ? `encode(input.${checked(parameter.input)})` : `encode(constants[${at}])`,
  )
  const constants = parameters.map((parameter) => 'constant' in parameter && parameter.constant)
  return write('input', `[${values.join(', ')}]`, { encode, constants })
}

function encode(value: unknown): Value {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (Array.isArray(value)) return JSON.stringify(value)
  throw new TypeError(`a statement was given ${typeof value} for one of its inputs`)
}

/**
 * @param given what the row has not, or has under another name
 * @returns what takes a record out of a row that holds more
 */
export function picker<Row, Given extends keyof Row & string = never>(
  columns: Columns<Row>,
  ...given: Given[]
): (row: Omit<Row, Given>, others: Pick<Row, Given>) => Row {
  const fields = Object.keys(columns).map((name) =>
    field(name, `${given.includes(name as Given) ? 'others' : 'row'}.${checked(name)}`),
  )
  return write('row, others', `({ ${fields.join(', ')} })`, {})
}

function field(name: string, value: string): string {
  return `${checked(name)}: ${value}`
}

/** Names come from the schema and from our own statements, and nothing else may get into what is compiled. */
function checked(name: string): string {
  if (!/^[A-Za-z]\w*$/.test(name)) throw new Error(`${name} cannot be the name of a column`)
  return name
}

function write<Written>(
  parameters: string,
  expression: string,
  scope: Readonly<Record<string, unknown>>,
): Written {
  const make = new Function(...Object.keys(scope), `return (${parameters}) => ${expression}`)
  return make(...Object.values(scope)) as Written
}
