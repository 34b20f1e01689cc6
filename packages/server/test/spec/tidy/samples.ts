// For each rule of the house, small repositories that break it and small ones that keep it.
// This file alone is not looked at by the rules: it is full of what they forbid.

/** Path -> text. */
type Sample = Readonly<Record<string, string>>

const SRC = 'packages/server/src'
const HEADER = '// What this file owns.\n'

const lines = (count: number) => 'void 0\n'.repeat(count)

export const SAMPLES: Readonly<
  Record<string, { breaks: readonly Sample[]; keeps: readonly Sample[] }>
> = {
  'import-table': {
    breaks: [
      { [`${SRC}/protocol/a.ts`]: "import { b } from '../platform/b.ts'" },
      { [`${SRC}/protocol/a.ts`]: "import type { B } from '../platform/b.ts'" },
      { [`${SRC}/protocol/a.ts`]: "import { readFileSync } from 'node:fs'" },
      { [`${SRC}/platform/clock.ts`]: "import { pino } from 'pino'" },
      { [`${SRC}/platform/clock.ts`]: "import { scope } from '../protocol/scope.ts'" },
      { [`${SRC}/grants/a.ts`]: "import { route } from '../http/route.ts'" },
      { [`${SRC}/grants/a.ts`]: "import { reply } from '../http/respond.ts'" },
      { [`${SRC}/grants/a.ts`]: "import type { Sql } from '../store/sql/schema.ts'" },
      { [`${SRC}/grants/a.ts`]: "export { route } from '../http/route.ts'" },
      { [`${SRC}/grants/a.ts`]: "const route = await import('../http/route.ts')" },
      { [`${SRC}/grants/a.ts`]: "type Sql = import('../store/sql/schema.ts').Sql" },
      { [`${SRC}/grants/a.ts`]: "import pg from 'pg'" },
      { [`${SRC}/store/port.ts`]: "import { open } from './sql/open.ts'" },
      { [`${SRC}/tokens/a.ts`]: "import { DatabaseSync } from 'node:sqlite'" },
      { [`${SRC}/app.ts`]: "import { fastify } from 'fastify'" },
      { [`${SRC}/http/server.ts`]: "import { standard } from '../contracts/standard.ts'" },
      { [`${SRC}/http/server.ts`]: "import { sha256 } from '../platform/hash.ts'" },
      { [`${SRC}/ui/page.ts`]: "import { scope } from '../protocol/scope.ts'" },
      { [`${SRC}/cellar/a.ts`]: "import { scope } from '../protocol/scope.ts'" },
      { [`${SRC}/tokens/a.ts`]: "import { clock } from '../../test/support/clock.ts'" },
      { 'packages/resource/src/a.ts': "import { b } from '../../server/src/protocol/b.ts'" },
      { 'packages/resource/src/a.ts': "import { main } from 'ostiary'" },
      { 'packages/resource/src/a.ts': "import { fastify } from 'fastify'" },
      { 'examples/crm-api/src/a.ts': "import { b } from '../../../packages/server/src/app.ts'" },
      { 'examples/another/src/a.ts': "import { fastify } from 'fastify'" },
    ],
    keeps: [
      { [`${SRC}/protocol/a.ts`]: "import { createHash } from 'node:crypto'" },
      { [`${SRC}/protocol/a.ts`]: "import { b } from './b.ts'" },
      { [`${SRC}/platform/clock.ts`]: "import type { Scope } from '../protocol/scope.ts'" },
      { [`${SRC}/platform/log.ts`]: "import { pino } from 'pino'" },
      { [`${SRC}/grants/a.ts`]: "import type { Clock } from '../platform/clock.ts'" },
      { [`${SRC}/grants/a.ts`]: "import type { GrantRecord } from '../store/records.ts'" },
      { [`${SRC}/store/sql/open.ts`]: "import { DatabaseSync } from 'node:sqlite'" },
      { [`${SRC}/store/sql/open.ts`]: "import type { Store } from '../port.ts'" },
      { [`${SRC}/app.ts`]: "import type { FastifyInstance } from 'fastify'" },
      { [`${SRC}/app.ts`]: "import { open } from './store/sql/open.ts'" },
      { [`${SRC}/http/server.ts`]: "import type { Contract } from '../contracts/contract.ts'" },
      { [`${SRC}/http/server.ts`]: "import { OAuthError } from '../protocol/errors.ts'" },
      { [`${SRC}/http/server.ts`]: "import cookie from '@fastify/cookie'" },
      { [`${SRC}/tokens/a.test.ts`]: "import { clock } from '../../test/support/clock.ts'" },
      { 'packages/resource/src/a.ts': "import type { FastifyInstance } from 'fastify'" },
      { 'examples/crm-api/src/a.ts': "import { b } from './b.ts'" },
    ],
  },

  'no-circles': {
    breaks: [
      { 'a.ts': "import './b.ts'", 'b.ts': "import './a.ts'" },
      { 'a.ts': "import './a.ts'" },
      {
        'a.ts': "import type { B } from './b.ts'",
        'b.ts': "export * from './c.ts'",
        'c.ts': "await import('./a.ts')",
      },
    ],
    keeps: [{ 'a.ts': "import './b.ts'\nimport './c.ts'", 'b.ts': "import './c.ts'", 'c.ts': '' }],
  },

  'no-dead-files': {
    breaks: [
      { [`${SRC}/alone.ts`]: HEADER },
      {
        'packages/server/package.json': '{ "bin": { "ostiary": "src/main.ts" } }',
        [`${SRC}/main.ts`]: '',
        [`${SRC}/pair.ts`]: "import './other.ts'",
        [`${SRC}/other.ts`]: '',
        [`${SRC}/other.test.ts`]: "import './other.ts'",
      },
    ],
    keeps: [
      {
        'packages/server/package.json': '{ "bin": { "ostiary": "src/main.ts" } }',
        [`${SRC}/main.ts`]: "new URL('./worker.ts', import.meta.url)",
        [`${SRC}/worker.ts`]: "import type { A } from './used.ts'",
        [`${SRC}/used.ts`]: '',
      },
    ],
  },

  'no-dead-test-files': {
    breaks: [{ 'packages/server/test/support/alone.ts': '' }],
    keeps: [
      {
        'packages/server/test/flows/a.test.ts': "import '../support/clock.ts'",
        'packages/server/test/support/clock.ts': '',
      },
      {
        'package.json': '{ "scripts": { "report": "node packages/server/test/spec/report.ts" } }',
        'packages/server/test/spec/report.ts': '',
      },
    ],
  },

  'telling-names': {
    breaks: [
      { [`${SRC}/utils/a.ts`]: '' },
      { [`${SRC}/tokens/token-helpers.ts`]: '' },
      { [`${SRC}/tokens/base.ts`]: '' },
      { 'packages/server/test/support/common.ts': '' },
    ],
    keeps: [{ [`${SRC}/tokens/base64.ts`]: '' }],
  },

  'kebab-case': {
    breaks: [{ [`${SRC}/tokens/accessToken.ts`]: '' }, { [`${SRC}/client_auth/a.ts`]: '' }],
    keeps: [{ [`${SRC}/client-auth/a.test.ts`]: '', 'vitest.config.ts': '' }],
  },

  'header-comment': {
    breaks: [
      { [`${SRC}/tokens/a.ts`]: 'export const a = 1' },
      { [`${SRC}/tokens/a.ts`]: '/** A constant. */\nexport const a = 1' },
      { [`${SRC}/tokens/a.ts`]: `${'// too much\n'.repeat(6)}export const a = 1` },
      { [`${SRC}/tokens/a.ts`]: `${HEADER}`, [`${SRC}/tokens/b.ts`]: '' },
      { [`${SRC}/tokens/index.ts`]: `${HEADER}`, [`${SRC}/tokens/deep/b.ts`]: '' },
    ],
    keeps: [
      { [`${SRC}/tokens/a.ts`]: `${HEADER}export const a = 1` },
      { [`${SRC}/main.ts`]: `#!/usr/bin/env node\n${HEADER}export const a = 1` },
      { [`${SRC}/grants/index.ts`]: HEADER, [`${SRC}/grants/code.ts`]: '' },
      { [`${SRC}/tokens/a.test.ts`]: '' },
    ],
  },

  'no-default-exports': {
    breaks: [
      { [`${SRC}/a.ts`]: 'export default 1' },
      { [`${SRC}/a.ts`]: 'const a = 1\nexport { a as default }' },
      { 'packages/server/test/support/a.ts': 'export default function a() {}' },
    ],
    keeps: [{ [`${SRC}/a.ts`]: 'export const a = 1', 'vitest.config.ts': 'export default {}' }],
  },

  'no-barrels': {
    breaks: [{ [`${SRC}/tokens/index.ts`]: "export * from './a.ts'\nexport { b } from './b.ts'" }],
    keeps: [
      { [`${SRC}/grants/index.ts`]: "import { a } from './a.ts'\nexport const GRANTS = [a]" },
      {
        'packages/resource/package.json': '{ "exports": { ".": "./src/index.ts" } }',
        'packages/resource/src/index.ts': "export * from './a.ts'",
      },
    ],
  },

  'file-length': {
    breaks: [{ [`${SRC}/a.ts`]: lines(501) }, { 'packages/server/test/a.ts': lines(501) }],
    keeps: [{ [`${SRC}/a.ts`]: lines(500) }],
  },

  'median-length': {
    breaks: [
      { [`${SRC}/a.ts`]: lines(1), [`${SRC}/b.ts`]: lines(120), [`${SRC}/c.ts`]: lines(400) },
    ],
    keeps: [
      { [`${SRC}/a.ts`]: lines(1), [`${SRC}/b.ts`]: lines(119), [`${SRC}/c.ts`]: lines(400) },
    ],
  },

  'function-length': {
    breaks: [
      { [`${SRC}/a.ts`]: `function a() {\n${lines(69)}}` },
      { [`${SRC}/a.ts`]: `const a = () => {\n${lines(69)}}` },
      { [`${SRC}/a.ts`]: `class A { a() {\n${lines(69)}} }` },
    ],
    keeps: [
      { [`${SRC}/a.ts`]: `function a() {\n${lines(68)}}` },
      { 'packages/server/test/a.test.ts': `describe('a', () => {\n${lines(69)}})` },
    ],
  },

  'parameter-count': {
    breaks: [
      { [`${SRC}/a.ts`]: 'function a(b: 1, c: 2, d: 3, e: 4) {}' },
      { [`${SRC}/a.ts`]: 'const a = (b: 1, c: 2, d: 3, ...e: 4[]) => {}' },
      { [`${SRC}/a.ts`]: 'class A { constructor(b: 1, c: 2, d: 3, e: 4) {} }' },
      { [`${SRC}/a.ts`]: 'const a = { b(c: 1, d: 2, e: 3, f: 4) {} }' },
      { [`${SRC}/a.ts`]: 'interface A { a(b: 1, c: 2, d: 3, e: 4): void }' },
      { [`${SRC}/a.ts`]: 'type A = (b: 1, c: 2, d: 3, e: 4) => void' },
    ],
    keeps: [
      { [`${SRC}/a.ts`]: 'function a(b: 1, c: 2, { d, e, f }: D) {}' },
      { [`${SRC}/a.ts`]: 'app.use((error, request, response, next) => next(error))' },
    ],
  },

  'time-and-chance': {
    breaks: [
      { [`${SRC}/tokens/a.ts`]: 'const now = Date.now()' },
      { [`${SRC}/tokens/a.ts`]: 'const now = new Date()' },
      { [`${SRC}/tokens/a.ts`]: 'const id = Math.random()' },
      { [`${SRC}/tokens/a.ts`]: "import { randomUUID } from 'node:crypto'\nrandomUUID()" },
      { [`${SRC}/app.ts`]: 'const port = process.env.PORT' },
    ],
    keeps: [
      { [`${SRC}/platform/clock.ts`]: 'const now = Date.now()' },
      { [`${SRC}/main.ts`]: 'const port = process.env.PORT' },
      { [`${SRC}/tokens/a.ts`]: 'const date = new Date(seconds * 1000)' },
      { [`${SRC}/tokens/a.test.ts`]: 'const now = Date.now()' },
      { 'packages/resource/src/a.ts': 'const now = Date.now()' },
    ],
  },

  'no-console': {
    breaks: [
      { [`${SRC}/tokens/a.ts`]: "console.log('hello')" },
      { 'examples/crm-api/src/plugin.ts': "console.error('hello')" },
    ],
    keeps: [
      { [`${SRC}/cli/a.ts`]: "console.log('hello')" },
      { 'examples/crm-api/src/main.ts': "console.log('hello')" },
    ],
  },

  citations: {
    breaks: [
      { 'a.ts': 'const a = 1 // RFC6749 §6' },
      { 'a.ts': 'const a = 1 // RFC-6749 §6' },
      { 'a.ts': 'const a = 1 // rfc 6749 §6' },
      { 'a.ts': 'const a = 1 // RFC 6749 section 6' },
      { 'a.ts': 'const a = 1 // RFC 6749, §6' },
      { 'a.ts': 'const a = 1 // RFC 6749 § 6' },
      { 'a.ts': 'const a = 1 // as RFC 6749 says' },
      { 'a.ts': 'const a = 1 /* RFC 6749\n §6 */' },
      { 'a.ts': "test('RFC 6749: is obeyed')" },
      { 'a.ts': 'const a = 1 // OpenID Connect Core §3.1' },
      { 'a.ts': 'const a = 1 // OIDC Core 3.1' },
      { 'a.ts': 'const a = 1 // FAPI2 §5.3' },
      { 'a.ts': 'const a = 1 // ASVS V6.5.2' },
      { 'a.ts': '// RFC 6749 Section 6 in a header' },
      { 'README.md': 'See RFC6749.' },
      { 'README.md': 'See rfc 6749.' },
      { 'README.md': 'See RFC 6749, section 6.' },
    ],
    keeps: [
      { 'a.ts': 'const a = 1 // RFC 6749 §4.1.2, RFC 9700 §4.14 and RFC 7519 §A' },
      { 'a.ts': 'const a = 1 // OIDC Core §3.1.2.1, FAPI 2.0 §5.3.2.1, ASVS 6.5.2' },
      { 'a.ts': '// Proof Key for Code Exchange (RFC 7636).\n\nconst a = 1' },
      { 'a.ts': 'const a = 1 // https://www.rfc-editor.org/rfc/rfc6749#section-6' },
      { 'README.md': 'It follows RFC 6749, RFC 7636 and OIDC Core.' },
    ],
  },

  'orphan-sections': {
    breaks: [{ 'a.ts': 'const a = 1 // see §6' }, { 'README.md': 'RFC 6749 §6, §7' }],
    keeps: [{ 'a.ts': 'const a = 1 // OAuth 2.1 §7.5.2, OIDC Core §2, RFC 6749 §6' }],
  },

  'machine-paths': {
    breaks: [
      { 'a.ts': "const home = '/home/anna/ostiary'" },
      { 'a.ts': "const file = '/tmp/ostiary.db'" },
      { 'docs/guide.md': 'Look in /root/data.' },
    ],
    keeps: [{ 'a.ts': "const uri = 'https://app.example/home/anna'" }],
  },

  'no-leftovers': {
    breaks: [{ 'a.ts': '// TODO: later' }, { 'docs/guide.md': 'FIXME' }],
    keeps: [{ 'a.ts': "const todo = 'a list'" }],
  },

  'no-skipped-tests': {
    breaks: [
      { 'a.test.ts': "test.skip('a', () => {})" },
      { 'a.test.ts': "describe.only('a', () => {})" },
      { 'a.test.ts': "it.todo('a')" },
      { 'a.test.ts': "test.skipIf(true)('a', () => {})" },
    ],
    keeps: [{ 'a.test.ts': "test.each([1])('a', () => list.skip(1))" }],
  },
}
