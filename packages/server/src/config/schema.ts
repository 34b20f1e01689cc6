// The configuration file as one schema: it checks the file, types the code, and is published for editors.
// Descriptions here are the reference manual. Must not read files or the environment.

import { type Static, Type } from 'typebox'
import { TenantSchema } from './tenant-schema.ts'

/** What `start` refuses unless the configuration names it here, with what is lost by it. */
export const ALLOWANCES = {
  'http-issuer': 'issuers without TLS: tokens and passwords cross the network in the clear',
  'memory-database': 'a database in memory: everything is gone when the process ends',
  'trust-any-proxy': 'client addresses from any caller: rate limits can be walked around',
} as const

export type Allowance = keyof typeof ALLOWANCES

const ALLOWANCE_NAMES = Object.keys(ALLOWANCES) as Allowance[]

const closed = { additionalProperties: false } as const

const ServerSchema = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      default: '127.0.0.1',
      description: 'Address to listen on. `0.0.0.0` or `::` takes calls from other machines.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 3000,
      description: 'TCP port to listen on; 0 picks a free one. `PORT` sets it too.',
    }),
    trustedProxies: Type.Array(Type.String({ examples: ['10.0.0.0/8'] }), {
      default: [],
      description:
        'Addresses or networks (CIDR) of proxies whose `X-Forwarded-For` tells the address of the caller.',
    }),
    shutdownSeconds: Type.Integer({
      minimum: 1,
      maximum: 3600,
      default: 20,
      description:
        'How long requests in flight may take to finish after SIGTERM before the process gives up.',
    }),
  },
  { ...closed, default: {}, description: 'The HTTP server.' },
)

const DatabaseSchema = Type.Object(
  {
    path: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'SQLite database file, relative to the configuration file. `./data/ostiary.db` when neither this nor `url` is set.',
        examples: ['./data/ostiary.db'],
      }),
    ),
    url: Type.Optional(
      Type.String({
        pattern: '^postgres(ql)?://[^\\s]+$',
        writeOnly: true,
        description:
          'PostgreSQL to use instead of SQLite; needs `masterKey`. Secret, because it holds a password.',
        examples: ['postgres://ostiary:password@db.example/ostiary'],
      }),
    ),
    poolSize: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 10,
      description: 'Connections to PostgreSQL that one process keeps at most.',
    }),
  },
  { ...closed, default: {}, description: 'Where everything is stored: SQLite or PostgreSQL.' },
)

const LogSchema = Type.Object(
  {
    level: Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], {
      default: 'info',
      description: 'The least serious lines that are written.',
    }),
    format: Type.Enum(['json', 'text'], {
      default: 'json',
      description: '`json`: one object per line, for machines. `text`: for people.',
    }),
  },
  { ...closed, default: {}, description: 'Log lines. They never hold a secret.' },
)

const perMinute = (limit: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, default: limit, description })

const RateLimitsSchema = Type.Object(
  {
    failedSignInsPerMinute: perMinute(120, 'Failed sign-ins per address, whatever the account.'),
    failedClientAuthenticationsPerMinute: perMinute(
      60,
      'Wrong client credentials per address and client.',
    ),
  },
  {
    ...closed,
    default: {},
    description: 'What one caller may do within a minute before it gets 429 with `Retry-After`.',
  },
)

export const ConfigSchema = Type.Object(
  {
    server: ServerSchema,
    database: DatabaseSchema,
    masterKey: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description:
          'Seals signing keys at rest: 32 bytes in base64 or hexadecimal, from `openssl rand -base64 32`. With SQLite a file `master.key` beside the database is made when this is not set.',
      }),
    ),
    log: LogSchema,
    rateLimits: RateLimitsSchema,
    allow: Type.Array(Type.Enum(ALLOWANCE_NAMES), {
      default: [],
      description: `Unsafe settings that you accept, each by its name. ${describeAllowances()}`,
    }),
    tenants: Type.Array(TenantSchema, {
      minItems: 1,
      description: 'The issuers that this server speaks for; at least one.',
    }),
  },
  { ...closed, title: 'Ostiary configuration', description: 'ostiary.config.yaml' },
)

function describeAllowances(): string {
  const lines = Object.entries(ALLOWANCES).map(([name, loss]) => `\`${name}\`: ${loss}.`)
  return lines.join(' ')
}

/** The configuration after defaults, before paths are made absolute and alternatives decided. */
export type RawConfig = Static<typeof ConfigSchema>
