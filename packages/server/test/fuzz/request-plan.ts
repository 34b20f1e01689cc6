// A request as data: what is sent where, and from whom it is taken. Turned into bytes at the last moment, when the
// parties know their codes and tokens; so a failing one can be printed, shrunk and sent again.

import { basic } from '../support/test-app.ts'
import { type Member, type Parties, type Party, type Presented, takeFrom } from './parties.ts'

/** Text as it is, or something that a party knows; `other`: that another one who has such a thing knows. */
export type Value =
  | string
  | { readonly of: Member; readonly party: number; readonly number: number; readonly other?: true }
  /** Of HTTP Basic: whose name, and whose secret. */
  | { readonly basic: number; readonly secretOf: number }
  /** An application key as the user name of HTTP Basic. */
  | { readonly keyOf: number }
  | { readonly bearer: number; readonly number: number }

export interface Field {
  readonly name: string
  readonly value: Value
  /** Goes into a form as it is, without percent-encoding. */
  readonly raw?: boolean
  /** Comes after the value. */
  readonly ending?: string
}

/** JSON with values in it. */
export type Json =
  | Value
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json }

export type Body =
  | { readonly kind: 'form'; readonly fields: readonly Field[] }
  | { readonly kind: 'json'; readonly members: Readonly<Record<string, unknown>> }
  /** In Latin-1. */
  | { readonly kind: 'bytes'; readonly text: string }
  | { readonly kind: 'none' }

export interface Plan {
  readonly method: string
  readonly path: string
  readonly query: readonly Field[]
  readonly headers: readonly Field[]
  readonly body: Body
}

/** Ready to be sent. */
export interface Request {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | undefined
  readonly presented: readonly Presented[]
}

export function render(plan: Plan, parties: Parties): Request {
  const presented: Presented[] = []
  const resolve = (value: Value): string => resolveValue(value, parties, presented)
  const form = (fields: readonly Field[]) =>
    fields.map((field) => pairOf(field, resolve(field.value) + (field.ending ?? ''))).join('&')
  const query = form(plan.query)
  return {
    method: plan.method,
    target: query === '' ? plan.path : `${plan.path}?${query}`,
    headers: plan.headers.map(({ name, value, ending = '' }) => [name, resolve(value) + ending]),
    body: bodyOf(plan.body, { form, resolve }),
    presented,
  }
}

function pairOf({ name, raw }: Field, value: string): string {
  if (raw) return `${name}=${value}`
  // Half a character has no encoding, and encodeURIComponent says so by throwing.
  return `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`
}

function resolveValue(value: Value, parties: Parties, presented: Presented[]): string {
  if (typeof value === 'string') return value
  const take = (member: Member, party: Party, nth = 0) => {
    const taken = takeFrom(party, member, nth)
    presented.push({ party, member, value: taken })
    return taken
  }
  if ('of' in value) {
    const { of, party, number, other } = value
    return take(of, other ? parties.knowing(of, party) : parties.at(party), number)
  }
  if ('bearer' in value) {
    return `Bearer ${take('access_token', parties.knowing('access_token', value.bearer), value.number)}`
  }
  if ('keyOf' in value) {
    return `Basic ${Buffer.from(`${take('application_key', parties.at(value.keyOf))}:`).toString('base64')}`
  }
  const { basic: named, secretOf } = value
  return basic(take('client_id', parties.at(named)), take('client_secret', parties.at(secretOf)))
}

function bodyOf(
  body: Body,
  tools: { form(fields: readonly Field[]): string; resolve(value: Value): string },
): Buffer | undefined {
  switch (body.kind) {
    case 'none':
      return undefined
    case 'bytes':
      return Buffer.from(body.text, 'latin1')
    case 'form':
      return Buffer.from(tools.form(body.fields))
    case 'json':
      return Buffer.from(JSON.stringify(resolveJson(body.members, tools.resolve)))
  }
}

function resolveJson(json: unknown, resolve: (value: Value) => string): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map((each) => resolveJson(each, resolve))
  if (isValue(json)) return resolve(json)
  // As members of their own, __proto__ included.
  return Object.fromEntries(
    Object.entries(json).map(([name, member]) => [name, resolveJson(member, resolve)]),
  )
}

function isValue(json: object): json is Exclude<Value, string> {
  return ['of', 'basic', 'keyOf', 'bearer'].some((name) => Object.hasOwn(json, name))
}
