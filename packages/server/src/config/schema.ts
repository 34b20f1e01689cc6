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
    requestIdHeader: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$',
        description:
          'Header in which your trusted proxies send the id of a request, to be used for it here too. Without it each request gets an id of ours.',
        examples: ['x-request-id'],
      }),
    ),
    maxRequestsInFlight: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1000,
      description:
        'Requests that one process works on at once. More are answered with 503 and `Retry-After` right away.',
    }),
    maxConnections: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 4000,
      description:
        'Connections of one process. When nearly all are taken, those that have been idle for longest are closed; beyond them new ones are. Each is an open file: the limit of the process must be higher.',
    }),
    requestDeadlineMilliseconds: Type.Integer({
      minimum: 100,
      maximum: 60_000,
      default: 1750,
      description:
        'How long a request may wait for the database, for its turn and for the keys of others, all together. Then it is answered with 503 and `Retry-After`.',
    }),
    maxEventLoopLagMilliseconds: Type.Integer({
      minimum: 10,
      maximum: 60_000,
      default: 1000,
      description:
        'How late the process may lastingly be with everything it does before it answers requests with 503.',
    }),
    workers: Type.Union([Type.Integer({ minimum: 1, maximum: 256 }), Type.Enum(['auto'])], {
      default: 1,
      description:
        'Processes that share the port and the work; `auto` for one per core. With more than one, SIGHUP replaces them one by one.',
    }),
    drainSeconds: Type.Integer({
      minimum: 0,
      maximum: 3600,
      default: 5,
      description:
        'How long after SIGTERM requests are still taken while `/readyz` says 503: as long as your proxy needs to notice. SIGINT does not wait.',
    }),
    shutdownSeconds: Type.Integer({
      minimum: 1,
      maximum: 3600,
      default: 20,
      description:
        'How long requests in flight may take to finish after that before the process gives up.',
    }),
  },
  { ...closed, default: {}, description: 'The HTTP server.' },
)

const ManagementSchema = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      default: '127.0.0.1',
      description: 'Address of the management port. Nobody signs in there: keep it inside.',
    }),
    port: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description:
          'TCP port for `/metrics`, `/livez` and `/readyz`; 0 picks a free one. Without it there are no metrics.',
        examples: [9464],
      }),
    ),
    slowCallMilliseconds: Type.Integer({
      minimum: 1,
      maximum: 60_000,
      default: 250,
      description:
        'Calls to the database that take so long are counted and logged, by name and without values; where there is a port.',
    }),
  },
  { ...closed, default: {}, description: 'What operators and their monitoring ask.' },
)

const POSTGRES_URL = '^postgres(ql)?://[^\\s]+$'

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
        pattern: POSTGRES_URL,
        writeOnly: true,
        description:
          'PostgreSQL to use instead of SQLite; needs `masterKey`. Secret, because it holds a password.',
        examples: ['postgres://ostiary:password@db.example/ostiary'],
      }),
    ),
    listenUrl: Type.Optional(
      Type.String({
        pattern: POSTGRES_URL,
        writeOnly: true,
        description:
          'PostgreSQL itself, when `url` is that of PgBouncer: there each process keeps one connection, on which it hears at once what others revoke. Without one it looks ten times a second.',
        examples: ['postgres://ostiary:password@db.example:5432/ostiary'],
      }),
    ),
    preparedStatements: Type.Boolean({
      default: true,
      description:
        'Whether PostgreSQL keeps each statement for a connection, which saves it work. `false` behind PgBouncer before 1.21 with `pool_mode = transaction`, where each transaction may come to another connection.',
    }),
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
    management: ManagementSchema,
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
