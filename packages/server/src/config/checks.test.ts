import { describe, expect, it } from 'vitest'
import { loadConfig } from './load.ts'
import { ConfigError } from './problems.ts'

const SCOPE = { name: 'contacts:read', description: 'see contacts', access: 'read' }
const API = { audience: 'https://api.example', name: 'API', scopes: [SCOPE] }
const TENANT = { name: 'acme', issuer: 'https://login.example', resourceServers: [API] }

function findings(value: object, development = false): string[] {
  try {
    loadConfig({ value: { tenants: [TENANT], ...value }, env: {}, development })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ place, what, remedy }) =>
      `${place} ${what} → ${remedy}`.replace('no ostiary.config.yaml: ', ''),
    )
  }
}

const tenant = (changes: object) => ({ tenants: [{ ...TENANT, ...changes }] })
const policy = (changes: object) => tenant({ policy: changes })
const scopes = (...list: object[]) => tenant({ resourceServers: [{ ...API, scopes: list }] })

describe('the issuer', () => {
  it.each([
    ['login.example', 'is not a URL'],
    ['ftp://login.example', 'is not a web address'],
    ['https://login.example/', 'write https://login.example'],
    ['https://LOGIN.example', 'write https://login.example'],
    ['https://login.example:443', 'write https://login.example'],
    ['https://login.example/a?b', 'write https://login.example/a'],
    ['https://login.example/a#b', 'write https://login.example/a'],
    ['https://me:pw@login.example', 'write https://login.example'],
  ])('RFC 8414 §2: cannot be %s', (issuer, expected) => {
    expect(findings(tenant({ issuer }))).toEqual([expect.stringContaining(expected)])
  })

  it('may have a path', () => {
    expect(findings(tenant({ issuer: 'https://example.com/login/acme' }))).toEqual([])
  })

  it('needs TLS, unless that is allowed by name', () => {
    const insecure = tenant({ issuer: 'http://login.example' })
    expect(findings(insecure)).toEqual([expect.stringContaining('--allow http-issuer')])
    expect(findings({ ...insecure, allow: ['http-issuer'] })).toEqual([])
  })

  it('needs no TLS on loopback in development, and only there', () => {
    const local = tenant({ issuer: 'http://localhost:3000' })
    expect(findings(local, true)).toEqual([])
    expect(findings(local, false)).toHaveLength(1)
    expect(findings(tenant({ issuer: 'http://login.example' }), true)).toHaveLength(1)
  })
})

describe('tenants beside each other', () => {
  it('have different names and issuers', () => {
    expect(findings({ tenants: [TENANT, TENANT] })).toEqual([
      expect.stringContaining('tenants[1].name "acme" is used twice, first at tenants[0].name'),
      expect.stringContaining('tenants[1].issuer "https://login.example" is used twice'),
    ])
  })

  it('follow a contract that exists', () => {
    expect(findings(tenant({ contract: 'standart' }))).toEqual([
      expect.stringContaining('give one of standard'),
    ])
  })
})

describe('the policy', () => {
  it.each([
    [{ refreshToken: { retryWindowSeconds: 301 } }, 'from 0 to 300'],
    [{ code: { lifetimeSeconds: 601 } }, 'from 1 to 600'],
    [{ code: { perMinute: 0 } }, 'from 1 to 100000'],
    [{ accessToken: { lifetimeSeconds: 86_401 } }, 'from 1 to 86400'],
    [{ accessToken: { lifetimeSeconds: 0 } }, 'from 1 to 86400'],
    [{ pkce: { requiredFor: 'none' } }, 'one of all, public'],
    [{ refreshToken: { idleSeconds: 100, absoluteSeconds: 50 } }, 'make idleSeconds the shorter'],
    [{ session: { absoluteSeconds: 60 } }, 'make idleSeconds the shorter'],
    [{ pkce: { methodWhenOmitted: 'plain' } }, 'add it to methods'],
    [{ pkce: { methods: ['S256', 'plain'] } }, 'which contract standard does not have'],
    [{ accessToken: { lifetimeSeconds: 3601 } }, 'which contract standard does not have'],
  ])('cannot be %j', (changes, expected) => {
    expect(findings(policy(changes)).join('\n')).toContain(expected)
  })

  it('may be legacy where the contract is', () => {
    const plain = { pkce: { methods: ['plain'], methodWhenOmitted: 'plain' } }
    expect(findings(tenant({ contract: 'versioned', policy: plain }))).toEqual([])
    const long = { accessToken: { lifetimeSeconds: 86_400 } }
    expect(findings(tenant({ contract: 'json-api', policy: long }))).toEqual([])
  })
})

describe('the contract', () => {
  const OTHER = {
    audience: 'https://other.example',
    name: 'Other',
    scopes: [{ ...SCOPE, name: 'reports:read' }],
  }
  const resourceServers = [API, OTHER]
  const signing = (algorithm: string) => ({ policy: { signing: { algorithm } } })
  const format = (name: string) => ({ policy: { accessToken: { format: name } } })

  it.each<[string, object]>([
    ['standard', { resourceServers }],
    ['standard', signing('RS256')],
    ['standard', format('opaque')],
    ['crm-com', { resourceServers, release: 'R15.0.0' }],
    ['crm-com', { release: 'R16.2.0' }],
    ['crm-com', { policy: { codeWithoutKey: true } }],
    ['crm-com', { release: 'R15.0.0', policy: { codeWithoutKey: false } }],
    ['financial-cents', signing('RS256')],
    ['json-api', format('opaque')],
    ['mister-james', { policy: { pkce: { insteadOfSecret: false } } }],
  ])('%s may have %j', (contract, changes) => {
    expect(findings(tenant({ contract, ...changes }))).toEqual([])
  })

  it.each<[string, object, string]>([
    [
      'standard',
      { release: 'R15.0.0' },
      'release "R15.0.0" is no release of contract standard → leave',
    ],
    [
      'crm-com',
      { release: 'R1' },
      'is no release of contract crm-com → choose among R15.0.0, R16.2.0',
    ],
    [
      'crm-com',
      { release: 'R15.0.0', policy: { codeWithoutKey: true } },
      'codeWithoutKey contract crm-com at release R15.0.0 takes no code without an application key → remove it',
    ],
    [
      'standard',
      { policy: { codeWithoutKey: true } },
      'contract standard takes no code without an application key',
    ],
    [
      'crm-com',
      signing('ES256'),
      'signing.algorithm contract crm-com signs with HS256 → remove it',
    ],
    ['financial-cents', signing('EdDSA'), 'contract financial-cents signs with RS256'],
    ['mister-james', signing('RS256'), 'contract mister-james signs with ES256'],
    ['standard', signing('HS256'), 'one of ES256, RS256, EdDSA'],
    ['json-api', format('jwt'), 'access tokens of contract json-api are opaque'],
    ['crm-com', format('opaque'), 'access tokens of contract crm-com are jwt'],
    ['crm-com', { resourceServers: [] }, 'resourceServers is empty'],
    ['financial-cents', { resourceServers }, 'give each API a tenant of its own'],
  ])('%s cannot have %j', (contract, changes, expected) => {
    expect(findings(tenant({ contract, ...changes }))).toEqual([expect.stringContaining(expected)])
  })

  it('no allowance of the command line makes plain challenges acceptable', () => {
    expect(findings({ allow: ['pkce-plain'] })).toEqual([
      expect.stringMatching(/allow\[0\] .*"pkce-plain"/),
    ])
  })
})

describe('APIs and scopes', () => {
  it.each([
    [[{ ...SCOPE, name: 'contacts read' }], 'cannot be a scope'],
    [[{ ...SCOPE, name: 'openid' }], "Ostiary's own scopes"],
    [[SCOPE, SCOPE], 'is used twice'],
    [[{ ...SCOPE, description: { de: 'Kontakte' } }], 'texts by language with "en"'],
    [[{ ...SCOPE, access: 'write' }], 'one of read, change, delete'],
  ])('refuses the scopes %j', (list, expected) => {
    expect(findings(scopes(...list))).toEqual([expect.stringContaining(expected)])
  })

  it('refuses a scope that two APIs of a tenant share', () => {
    const other = { ...API, audience: 'https://other.example' }
    expect(findings(tenant({ resourceServers: [API, other] }))).toEqual([
      expect.stringContaining('"contacts:read" is used twice'),
    ])
  })

  it.each(['api', '/v1', 'https://api.example/#x'])(
    'RFC 8707 §2: refuses audience %s',
    (audience) => {
      expect(findings(tenant({ resourceServers: [{ ...API, audience }] }))).toEqual([
        expect.stringContaining('is not an absolute URI without fragment'),
      ])
    },
  )
})

describe('server and database', () => {
  it.each(['nonsense', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/'])(
    'refuses the proxy %s',
    (proxy) => {
      expect(findings({ server: { trustedProxies: [proxy] } })).toEqual([
        expect.stringContaining('neither an address nor a network'),
      ])
    },
  )

  it.each(['0.0.0.0/0', '::/0'])(
    'refuses to trust everyone (%s) unless that is allowed',
    (proxy) => {
      const server = { trustedProxies: [proxy] }
      expect(findings({ server })).toEqual([expect.stringContaining('--allow trust-any-proxy')])
      expect(findings({ server, allow: ['trust-any-proxy'] })).toEqual([])
    },
  )

  it('takes request ids only where a proxy is trusted', () => {
    const server = { requestIdHeader: 'X-Request-Id' }
    expect(findings({ server })).toEqual([expect.stringContaining('no proxy is trusted')])
    expect(findings({ server: { ...server, trustedProxies: ['10.0.0.1'] } })).toEqual([])
  })

  it('wants a management port of its own', () => {
    const both = { server: { port: 4000 }, management: { port: 4000 } }
    expect(findings(both)).toEqual([expect.stringContaining('as server.port is')])
    expect(findings({ ...both, management: { port: 9464 } })).toEqual([])
    expect(findings({ server: { port: 0 }, management: { port: 0 } })).toEqual([])
  })

  it('refuses a database in memory unless that is allowed', () => {
    const database = { path: ':memory:' }
    expect(findings({ database })).toEqual([expect.stringContaining('--allow memory-database')])
    expect(findings({ database, allow: ['memory-database'] })).toEqual([])
    const shared = { database, allow: ['memory-database'], server: { workers: 2 } }
    expect(findings(shared)).toEqual([expect.stringContaining('belongs to one process')])
  })

  it('wants one database, and a master key with PostgreSQL', () => {
    const database = { path: './x.db', url: 'postgres://db/x' }
    expect(findings({ database })).toEqual([
      expect.stringContaining('database.url is set, and so is database.path'),
      expect.stringContaining('OSTIARY_MASTER_KEY'),
    ])
    expect(findings({ database: { listenUrl: 'postgres://db/x' } })).toEqual([
      expect.stringContaining('database.listenUrl is set without database.url'),
    ])
  })

  it.each(['c2hvcnQ=', 'A'.repeat(43), '0123456789abcdef'.repeat(4)])(
    'refuses the master key %s, which is not random',
    (masterKey) => {
      expect(findings({ masterKey })).toEqual([expect.stringContaining('openssl rand -base64 32')])
    },
  )
})
