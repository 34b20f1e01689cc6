// JSON Schemas of requests, made from the columns, and the strict validator that applies them.

import { Ajv } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import type { Column, Resource } from './resources.ts'

type Schema = Readonly<Record<string, unknown>>

const MAX_CENTS = 1_000_000_000_000

/** A row's key as it stands in the path. */
export const idParams: Schema = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
  required: ['id'],
}

export const pageQuery: Schema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    after: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
  },
  additionalProperties: false,
}

/** Body of POST: required columns must be there, and the unit may be chosen. */
export function createBody(resource: Resource): Schema {
  return {
    type: 'object',
    properties: { ...columnSchemas(resource), unit_id: { type: 'string', minLength: 1 } },
    required: resource.columns.filter((column) => column.required).map(({ name }) => name),
    additionalProperties: false,
  }
}

/** Body of PATCH: at least one column; a row cannot move to another unit. */
export function changeBody(resource: Resource): Schema {
  return {
    type: 'object',
    properties: columnSchemas(resource),
    minProperties: 1,
    additionalProperties: false,
  }
}

function columnSchemas(resource: Resource): Schema {
  return Object.fromEntries(resource.columns.map((column) => [column.name, columnSchema(column)]))
}

function columnSchema(column: Column): Schema {
  if (column.kind === 'choice') return { enum: column.choices }
  const { type, ...limits } = limitsOf(column.kind)
  return { type: column.required ? type : [type, 'null'], ...limits }
}

function limitsOf(kind: Exclude<Column['kind'], 'choice'>): Schema {
  switch (kind) {
    case 'text':
      return { type: 'string', minLength: 1, maxLength: 200 }
    case 'long-text':
      return { type: 'string', maxLength: 20_000 }
    case 'email':
      return { type: 'string', format: 'email', maxLength: 254 }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'cents':
      return { type: 'integer', minimum: 0, maximum: MAX_CENTS }
    case 'reference':
      return { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }
  }
}

/**
 * Fastify's own validator turns "5" into 5, null into "" and drops unknown fields without a word.
 * Here a JSON body is taken as it is; only what comes out of a URL is text that may become a number.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<Schema> {
  const ofBody = newAjv({ coerceTypes: false })
  const ofUrl = newAjv({ coerceTypes: true, useDefaults: true })
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofBody : ofUrl).compile(schema)
}

function newAjv(options: { coerceTypes: boolean; useDefaults?: boolean }): Ajv {
  const ajv = new Ajv({ ...options, allowUnionTypes: true })
  ajv.addFormat('email', /^[^\s@]+@[^\s@]+$/)
  ajv.addFormat('date', isDate)
  return ajv
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime())
    ? date.toISOString().startsWith(text)
    : false
}
