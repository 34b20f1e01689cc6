// What is done to a good request: parts of it are left out, doubled, renamed, exchanged for odd ones or for those of
// somebody else.

import fc from 'fast-check'
import type { Body, Field, Plan, Value } from './request-plan.ts'
import type { TemplateGroup } from './templates.ts'

/** Turns up nowhere but in what the fuzzer sends. */
export const CANARY = 'canary-7f3a9c51e2b84d06'

const ODD_TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '*',
  '%',
  'NaN',
  '1e309',
  '9999999999999999999',
  '\0',
  'a\0b',
  '\r\nset-cookie: a=b',
  '\u2028',
  '\ufeff',
  '\u202e',
  '\ud800',
  '\u{1f511}',
  'ﬀ',
  'İ',
  "'; drop table clients; --",
  '" or ""="',
  '<script>alert(1)</script>',
  '#{7*7}',
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'javascript:alert(1)',
  'https://evil.example/',
  '//evil.example',
  'openid openid',
  'contacts:read reports:read',
  'urn:ietf:params:oauth:token-type:jwt',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
  'Bearer x',
  `Basic ${CANARY}`,
  CANARY,
  'a'.repeat(300),
  'é'.repeat(5000),
  'a'.repeat(16_385),
]

/** Put into a form as they are. */
const RAW_TEXTS = [
  '%',
  '%zz',
  '%00',
  '%c0%af',
  '%ed%a0%80',
  '%ff',
  '+',
  '&',
  '=',
  '&&',
  'a=b&c=d',
  ';',
  '#',
]

const NAMES = [
  'client_id',
  'client_secret',
  'client_assertion',
  'grant_type',
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'token',
  'scope',
  'state',
  'resource',
  'audience',
  'username',
  'password',
  'subject_token',
  'actor_token',
  'interaction',
  'prompt',
  'max_age',
  'claims',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'id_token_hint',
  'after',
  'done',
  'draft',
  'section',
  'ui_locales',
  '__proto__',
  'constructor',
  'a[b]',
  '',
]

const HEADERS: readonly Field[] = [
  ['content-type', 'application/json'],
  ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
  ['content-type', 'multipart/form-data; boundary=x'],
  ['content-type', 'text/plain'],
  ['content-type', ''],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-encoding', 'gzip'],
  ['accept', 'application/xml'],
  ['accept-language', 'de;q=1e9, *;q=x, ,,'],
  ['accept-language', 'xx-'.repeat(200)],
  ['authorization', 'Basic'],
  ['authorization', 'Basic Og=='],
  ['authorization', `Basic ${CANARY}`],
  ['authorization', `Bearer ${CANARY}`],
  ['authorization', 'Digest username="a"'],
  ['cookie', '='],
  ['cookie', `a=${'b'.repeat(5000)}`],
  [
    'cookie',
    `__Host-ostiary-main.{PORT}-session=${CANARY}; __Host-ostiary-main.{PORT}-browser-x=%`,
  ],
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['sec-fetch-site', 'cross-site'],
  ['host', 'evil.example'],
  ['x-forwarded-for', '203.0.113.7'],
  ['x-forwarded-proto', 'gopher'],
  ['x-http-method-override', 'DELETE'],
  ['x-api-version', '1.6.0'],
  ['x-api-version', CANARY],
  ['expect', '100-continue'],
  ['range', 'bytes=0-1'],
  ['if-none-match', '*'],
  ['transfer-encoding', 'identity'],
  ['dpop', 'x'],
].map(([name = '', value = '']) => ({ name, value }))

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const PATH_ENDINGS = [
  '/',
  '//',
  '/..',
  '/.',
  '%2f',
  '%00',
  ';x',
  '.json',
  '/%2e%2e/token',
  '%',
  '?',
  '#x',
  '\\',
]

/** Behind a value that is right. */
const ENDINGS = [
  '.evil.example',
  '@evil.example',
  '/../x',
  '?a=1',
  '#x',
  '/',
  ' ',
  '\0',
  'A',
  ' openid',
]

type Mutation =
  | { readonly act: 'remove' | 'repeat'; readonly at: number }
  | { readonly act: 'value'; readonly at: number; readonly value: string; readonly raw: boolean }
  | { readonly act: 'rename'; readonly at: number; readonly name: string }
  | { readonly act: 'lengthen'; readonly at: number; readonly ending: string }
  | { readonly act: 'add'; readonly name: string; readonly value: string }
  | { readonly act: 'party'; readonly at: number; readonly party: number; readonly number: number }
  | { readonly act: 'method'; readonly method: string }
  | { readonly act: 'header'; readonly header: Field }
  | { readonly act: 'without header'; readonly at: number }
  | { readonly act: 'path'; readonly ending: string }
  | { readonly act: 'bytes'; readonly text: string }
  | { readonly act: 'json'; readonly at: number; readonly json: unknown }

const at = fc.nat(15)
const oddText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ act: fc.constantFrom('remove' as const, 'repeat' as const), at }),
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('value' as const),
      at,
      value: oddText,
      raw: fc.constant(false),
    }),
  },
  fc.record({
    act: fc.constant('value' as const),
    at,
    value: fc.constantFrom(...RAW_TEXTS),
    raw: fc.constant(true),
  }),
  fc.record({ act: fc.constant('lengthen' as const), at, ending: fc.constantFrom(...ENDINGS) }),
  fc.record({ act: fc.constant('rename' as const), at, name: fc.constantFrom(...NAMES) }),
  fc.record({ act: fc.constant('add' as const), name: fc.constantFrom(...NAMES), value: oddText }),
  // Half of all: this is where tokens could get to somebody else.
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('party' as const),
      at,
      party: fc.nat(11),
      number: fc.nat(3),
    }),
  },
  fc.record({ act: fc.constant('method' as const), method: fc.constantFrom(...METHODS) }),
  fc.record({ act: fc.constant('header' as const), header: fc.constantFrom(...HEADERS) }),
  fc.record({ act: fc.constant('without header' as const), at: fc.nat(3) }),
  fc.record({ act: fc.constant('path' as const), ending: fc.constantFrom(...PATH_ENDINGS) }),
  fc.record({
    act: fc.constant('bytes' as const),
    text: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  }),
  fc.record({ act: fc.constant('json' as const), at, json: fc.jsonValue({ maxDepth: 3 }) }),
)

/** Some of them good, most with one to three mutations. */
export function planArbitrary(groups: readonly TemplateGroup[]): fc.Arbitrary<Plan> {
  const template = fc.oneof(
    ...groups.map(({ weight, templates }) => ({
      weight,
      arbitrary: fc.constantFrom(...templates),
    })),
  )
  const mutations = fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 4, arbitrary: mutation.map((only) => [only]) },
    { weight: 3, arbitrary: fc.array(mutation, { minLength: 2, maxLength: 3 }) },
  )
  return fc
    .tuple(template, fc.nat(11), mutations)
    .map(([makePlan, party, changes]) => changes.reduce(mutate, makePlan(party)))
}

function mutate(plan: Plan, change: Mutation): Plan {
  switch (change.act) {
    case 'method':
      return { ...plan, method: change.method }
    case 'path':
      return { ...plan, path: plan.path + change.ending }
    case 'header':
      return { ...plan, headers: [...withoutHeader(plan, change.header.name), change.header] }
    case 'without header':
      return { ...plan, headers: plan.headers.filter((_, index) => index !== change.at) }
    case 'bytes':
      return { ...plan, body: { kind: 'bytes', text: change.text } }
    case 'party':
      return mutateParty(plan, change)
    case 'json':
      return mutateJson(plan, change)
    default:
      return mutateFields(plan, (fields) => changeFields(fields, change))
  }
}

function withoutHeader({ headers }: Plan, name: string): readonly Field[] {
  return headers.filter((header) => header.name !== name)
}

function mutateFields(plan: Plan, change: (fields: readonly Field[]) => readonly Field[]): Plan {
  const { body } = plan
  if (body.kind === 'form') return { ...plan, body: { ...body, fields: change(body.fields) } }
  if (body.kind !== 'json') return { ...plan, query: change(plan.query) }
  const fields = Object.entries(body.members).map(([name, value]) => ({
    name,
    value: value as Value,
  }))
  const members = Object.fromEntries(change(fields).map(({ name, value }) => [name, value]))
  return { ...plan, body: { kind: 'json', members } }
}

type FieldMutation = Extract<
  Mutation,
  { act: 'remove' | 'repeat' | 'value' | 'rename' | 'lengthen' | 'add' }
>

function changeFields(fields: readonly Field[], change: FieldMutation): readonly Field[] {
  if (change.act === 'add') return [...fields, { name: change.name, value: change.value }]
  const index = change.at % Math.max(1, fields.length)
  return fields.flatMap((field, position) =>
    position === index ? changeField(field, change) : [field],
  )
}

function changeField(
  field: Field,
  change: Exclude<FieldMutation, { act: 'add' }>,
): readonly Field[] {
  switch (change.act) {
    case 'remove':
      return []
    case 'repeat':
      return [field, field]
    case 'lengthen':
      return [{ ...field, ending: change.ending }]
    case 'rename':
      return [{ ...field, name: change.name }]
    case 'value':
      return [{ name: field.name, value: change.value, raw: change.raw }]
  }
}

/** Takes one of the values from another party: the n-th of those in headers, query and body. */
function mutateParty(plan: Plan, change: Extract<Mutation, { act: 'party' }>): Plan {
  const count = valuesIn(plan).length
  if (count === 0) return plan
  let left = change.at % count
  const move = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(move)
    if (isTaken(value)) return left-- === 0 ? ofParty(value, change) : value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, move(each)]))
  }
  return move(plan) as Plan
}

function ofParty(value: object, { party, number }: { party: number; number: number }): object {
  if ('of' in value) return { ...value, party, number, other: true }
  if ('bearer' in value) return { bearer: party, number }
  if ('keyOf' in value) return { keyOf: party }
  // Somebody else's secret under the same name, or somebody else altogether.
  return number % 2 === 0 ? { ...value, secretOf: party } : { basic: party, secretOf: party }
}

function valuesIn(json: unknown): readonly object[] {
  if (typeof json !== 'object' || json === null) return []
  if (isTaken(json)) return [json]
  return Object.values(json).flatMap(valuesIn)
}

function isTaken(json: object): boolean {
  return ['of', 'bearer', 'keyOf', 'basic'].some((name) => Object.hasOwn(json, name))
}

function mutateJson(plan: Plan, change: Extract<Mutation, { act: 'json' }>): Plan {
  const members: Body = { kind: 'json', members: { value: change.json } }
  if (plan.body.kind !== 'json') return plan
  const names = Object.keys(plan.body.members)
  const name = names[change.at % Math.max(1, names.length)]
  if (name === undefined) return { ...plan, body: members }
  return { ...plan, body: { kind: 'json', members: { ...plan.body.members, [name]: change.json } } }
}
