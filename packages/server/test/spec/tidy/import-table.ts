// The import table: what each folder may depend on. Read it from the top, it is the house seen from above;
// whatever is not named is forbidden. `import-rules.ts` enforces it, docs/architecture.md explains it.

export interface Row {
  /** Other folders or files below packages/server/src, separated by spaces; `type:` before those of which only types. */
  readonly folders: string
  /** Packages and Node built-ins; `*` at the end stands for the rest of a name. */
  readonly packages: string
}

/**
 * Folder or file of packages/server/src -> its row; the longest name that fits counts.
 * Everything may import its own folder and the types of `protocol` besides.
 */
export const SERVER: Readonly<Record<string, Row>> = {
  main: { folders: '*', packages: 'node:* commander' },
  app: { folders: '*', packages: 'node:* type:fastify' },
  // The commands are a second place, beside app.ts, where parts are put together.
  cli: {
    folders: 'app config operations identity tokens http ui contracts store/port platform protocol',
    packages: 'node:* commander csv-parse/sync type:fastify @ostiary/resource/feed-pace',
  },

  endpoints: {
    folders:
      'grants authorize client-auth feed identity legacy tokens contracts type:http store/port platform protocol',
    packages: '@ostiary/resource/api-versions',
  },

  authorize: { folders: 'identity legacy tokens store/port platform protocol', packages: '' },
  grants: {
    folders: 'type:client-auth identity legacy tokens store/port platform protocol',
    packages: '',
  },
  portal: { folders: 'account operations type:http type:store/port protocol', packages: '' },
  account: {
    folders: 'type:http authorize operations identity type:store/port platform protocol',
    packages: '',
  },
  console: { folders: 'operations http ui protocol', packages: '' },
  api: { folders: 'operations http ui protocol', packages: 'typebox' },

  feed: { folders: 'store/port platform protocol', packages: '' },
  legacy: { folders: 'store/port platform protocol', packages: '' },
  'client-auth': { folders: 'type:identity/guessing store/port platform protocol', packages: '' },
  operations: {
    folders: 'identity tokens store/port platform protocol',
    packages: '@ostiary/resource/api-versions unhomoglyph',
  },
  identity: {
    folders: 'store/port platform protocol',
    packages: 'node:crypto node:os node:util jose',
  },
  'identity/password-hashes': {
    folders: 'platform/random',
    packages: 'node:crypto node:util node:events node:worker_threads bcryptjs',
  },
  tokens: { folders: 'store/port platform protocol', packages: 'node:crypto node:util jose' },
  http: {
    folders:
      'type:contracts store/port platform/addresses platform/clock platform/deadline platform/fresh platform/random protocol',
    packages:
      'node:* fastify @fastify/* cookie @ostiary/resource/api-version-choice type:@ostiary/resource/api-versions',
  },

  observability: {
    folders: 'type:http store/port platform/clock type:platform protocol',
    packages: 'prom-client @opentelemetry/api',
  },

  'store/port': { folders: '', packages: '' },
  'store/cached-clients': { folders: 'store/port platform', packages: '' },
  'store/sql': {
    folders:
      'store/port store/cached-clients platform/clock platform/deadline platform/make-folder platform/random protocol/token-lifetime',
    packages: 'node:* kysely pg',
  },
  contracts: { folders: 'protocol', packages: '' },

  config: {
    folders: 'contracts platform protocol',
    packages: 'node:* typebox typebox/* yaml @ostiary/resource/api-versions',
  },
  ui: {
    folders: 'protocol/redirect-uri protocol/own-paths',
    packages: 'node:* ghtml intl-messageformat @formatjs/*',
  },
  platform: { folders: '', packages: 'node:*' },
  'platform/addresses': { folders: '', packages: 'node:* ipaddr.js' },
  'platform/log': { folders: '', packages: 'node:* pino' },
  protocol: { folders: '', packages: 'node:crypto type:@ostiary/resource/api-versions' },
}

/** The port is its methods, in `store/port.ts` and one file per noun below it, and the records that go through them. */
export const ALIASES: Readonly<Record<string, string>> = {
  'store/records': 'store/port',
  'store/limits': 'store/port',
  'store/walk': 'store/port',
}

/** Every other package -> what its src may depend on. None of them may import the server. */
export const OTHER_PACKAGES: Readonly<Record<string, string>> = {
  // What starts Ostiary; what it starts has its rows above.
  'packages/server': 'node:module node:url node:v8',
  'packages/resource': 'jose node:* type:express type:fastify type:hono',
  'examples/crm-api': '@ostiary/resource ajv fastify node:*',
}
