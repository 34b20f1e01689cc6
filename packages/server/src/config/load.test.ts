import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type LoadOptions, loadConfig } from './load.ts'
import { ConfigError, type ConfigProblem } from './problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'ostiary-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MASTER_KEY = 'dXG9XthmkqsJcTA1o91zJmP8Ug8TDwFbQsOACEY7DZ4='

const VALID = `
server:
  port: 4000
tenants:
  - name: acme
    issuer: https://login.acme.example
    resourceServers:
      - audience: https://api.acme.example
        name: Acme API
        scopes:
          - name: contacts:read
            description: see your contacts
            access: read
`

function file(text: string): string {
  const path = join(folder, 'ostiary.config.yaml')
  writeFileSync(path, text)
  return path
}

function load(text: string, options: Partial<LoadOptions> = {}) {
  return loadConfig({ file: file(text), env: {}, ...options }).config
}

function problemsOf(text: string, options: Partial<LoadOptions> = {}): readonly ConfigProblem[] {
  try {
    load(text, options)
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map((problem) => ({
        ...problem,
        place: problem.place.replace(`${folder}/`, ''),
      }))
    }
    throw error
  }
  return []
}

describe('where a value comes from', () => {
  it('fills in defaults', () => {
    const config = load(VALID)
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 4000,
      trustedProxies: [],
      maxRequestsInFlight: 1000,
      maxConnections: 4000,
      requestDeadlineMilliseconds: 1750,
      maxEventLoopLagMilliseconds: 1000,
      workers: 1,
      drainSeconds: 5,
      shutdownSeconds: 20,
    })
    expect(config.log).toEqual({ level: 'info', format: 'json' })
    expect(config.tenants[0]?.contract).toBe('standard')
  })

  it('takes a flag before the environment, that before the file, and that before the default', () => {
    const flags = [{ path: ['server', 'port'], value: 6000, place: '--port' }]
    const env = { OSTIARY_SERVER_PORT: '5000' }
    expect(load(VALID).server.port).toBe(4000)
    expect(load(VALID, { env }).server.port).toBe(5000)
    expect(load(VALID, { env, flags }).server.port).toBe(6000)
    expect(load(VALID.replace('port: 4000', 'host: "::1"')).server.port).toBe(3000)
  })

  it('takes PORT for the port, after the long name', () => {
    expect(load(VALID, { env: { PORT: '7000' } }).server.port).toBe(7000)
    const both = { PORT: '7000', OSTIARY_SERVER_PORT: '5000' }
    expect(load(VALID, { env: both }).server.port).toBe(5000)
  })

  it('reads lists, words and entries of lists from the environment', () => {
    const env = {
      OSTIARY_SERVER_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1',
      OSTIARY_LOG_LEVEL: 'warn',
      OSTIARY_TENANTS_0_ISSUER: 'https://other.example',
      OSTIARY_TENANTS_0_POLICY_ACCESS_TOKEN_LIFETIME_SECONDS: '600',
    }
    const config = load(VALID, { env })
    expect(config.server.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1'])
    expect(config.log.level).toBe('warn')
    expect(config.tenants[0]?.issuer).toBe('https://other.example')
    expect(config.tenants[0]?.policy.accessToken?.lifetimeSeconds).toBe(600)
  })

  it('reads a number or a word where either will do', () => {
    const workers = (text: string) => load(VALID, { env: { OSTIARY_SERVER_WORKERS: text } }).server
    expect(workers('4')).toMatchObject({ workers: 4 })
    expect(workers('auto')).toMatchObject({ workers: 'auto' })
    for (const wrong of ['0', 'many']) {
      expect(problemsOf(VALID, { env: { OSTIARY_SERVER_WORKERS: wrong } })).toMatchObject([
        { remedy: 'give a whole number from 1 to 256 or one of auto' },
      ])
    }
  })

  it('needs no file when the environment says everything', () => {
    const { config, file: used } = loadConfig({
      env: { OSTIARY_TENANTS_0_NAME: 'a', OSTIARY_TENANTS_0_ISSUER: 'https://a.example' },
    })
    expect(config.tenants).toHaveLength(1)
    expect(used).toBeUndefined()
  })

  it('reads a secret from the file that its variable names', () => {
    const secret = join(folder, 'key')
    writeFileSync(secret, `${MASTER_KEY}\n`)
    expect(load(VALID, { env: { OSTIARY_MASTER_KEY_FILE: secret } }).masterKey).toBe(MASTER_KEY)
  })

  it('refuses a secret that is given twice, and a file that is not there', () => {
    const both = { OSTIARY_MASTER_KEY: MASTER_KEY, OSTIARY_MASTER_KEY_FILE: '/x' }
    expect(problemsOf(VALID, { env: both })).toMatchObject([
      { place: 'OSTIARY_MASTER_KEY_FILE', what: 'is set, and so is OSTIARY_MASTER_KEY' },
    ])
    const missing = { OSTIARY_MASTER_KEY_FILE: join(folder, 'nowhere') }
    expect(problemsOf(VALID, { env: missing })[0]?.what).toMatch(/cannot be read: ENOENT/)
  })

  it('treats an empty variable as not set', () => {
    expect(load(VALID, { env: { OSTIARY_SERVER_PORT: '' } }).server.port).toBe(4000)
  })

  it('finds the database beside the configuration file', () => {
    expect(load(VALID).database).toEqual({ kind: 'sqlite', path: join(folder, 'data/ostiary.db') })
    const env = { OSTIARY_DATABASE_URL: 'postgres://db/x', OSTIARY_MASTER_KEY: MASTER_KEY }
    expect(load(VALID, { env }).database).toEqual({
      kind: 'postgres',
      url: 'postgres://db/x',
      poolSize: 10,
      listenUrl: undefined,
      preparedStatements: true,
    })
  })

  it('adds allowances of flags to those of the file', () => {
    const flags = [{ path: ['allow'], value: ['http-issuer'], place: '--allow', adds: true }]
    expect(load(`allow: [trust-any-proxy]\n${VALID}`, { flags }).allow).toEqual([
      'trust-any-proxy',
      'http-issuer',
    ])
  })
})

describe('what is wrong', () => {
  it('reports everything at once, each with its line', () => {
    const text = `
server:
  prot: 4000
log:
  level: loud
tenants:
  - name: Acme
    isuer: https://login.acme.example
  - name: beta
    issuer: http://beta.example/?x=1
`
    const variables = { OSTIARY_SERVER_HOSTT: 'x', OSTIARY_SERVER_PORT: 'many' }
    expect(problemsOf(text, { env: variables })).toEqual([
      {
        place: 'OSTIARY_SERVER_HOSTT',
        what: 'is not a variable that Ostiary knows',
        remedy: 'did you mean OSTIARY_SERVER_HOST?',
      },
      {
        place: 'ostiary.config.yaml:3 server.prot',
        what: 'is not a key that Ostiary knows',
        remedy: 'did you mean port?',
      },
      {
        place: 'OSTIARY_SERVER_PORT (server.port)',
        what: 'is "many"',
        remedy: 'give a whole number from 0 to 65535',
      },
      {
        place: 'ostiary.config.yaml:5 log.level',
        what: 'is "loud"',
        remedy: 'give one of debug, info, warn, error, silent',
      },
      {
        place: 'ostiary.config.yaml:7 tenants[0].issuer',
        what: 'is missing',
        remedy: expect.stringContaining('for example "https://login.example.com"'),
      },
      {
        place: 'ostiary.config.yaml:8 tenants[0].isuer',
        what: 'is not a key that Ostiary knows',
        remedy: 'did you mean issuer?',
      },
      {
        place: 'ostiary.config.yaml:7 tenants[0].name',
        what: 'is "Acme"',
        remedy: 'give a text, for example "acme"',
      },
      {
        place: 'ostiary.config.yaml:10 tenants[1].issuer',
        what: expect.stringContaining('has a query'),
        remedy: 'write http://beta.example',
      },
    ])
  })

  it('says it in one message', () => {
    const message = () => load('tenants: []\nlog: {level: loud}\n')
    expect(message).toThrow(
      /the configuration has 2 problems:\n.*log\.level: is "loud"\n {2}→ give/,
    )
  })

  it('names the line of a mistake in the YAML', () => {
    expect(problemsOf('server:\n  port: 1\n  port: 2\n')).toMatchObject([
      { place: 'ostiary.config.yaml:3', what: expect.stringContaining('Map keys must be unique') },
    ])
  })

  it.each(['just text', '- a list', '42'])('survives a file that is %j', (text) => {
    expect(problemsOf(text, { env: { PORT: '1' } })).not.toEqual([])
  })

  it('says when the named file does not exist', () => {
    const options = { file: join(folder, 'absent.yaml') }
    expect(problemsOf(VALID, options)).toMatchObject([
      { place: 'absent.yaml', what: 'there is no such file' },
    ])
  })

  it('says what to do when there is neither file nor environment', () => {
    expect(() => loadConfig({ env: {} })).toThrow(/ostiary\.config\.yaml: is not in this folder\n/)
  })

  it('never shows a secret', () => {
    const text = `masterKey: hunter2hunter2\ndatabase: {url: "mysql://u:hunter2@db"}\n${VALID}`
    const problems = JSON.stringify(problemsOf(text))
    expect(problems).toContain('masterKey')
    expect(problems).toContain('database.url')
    expect(problems).not.toContain('hunter2')
  })

  it('is silent about the variables that Kubernetes sets for a service called ostiary', () => {
    const env = { OSTIARY_SERVICE_HOST: '10.0.0.1', OSTIARY_PORT_80_TCP_ADDR: '10.0.0.1' }
    expect(problemsOf(VALID, { env: { ...env, OSTIARY_PORT: 'tcp://10.0.0.1:80' } })).toEqual([])
  })

  it('refuses list entries that are not numbered in a row', () => {
    const env = { OSTIARY_TENANTS_3_ISSUER: 'https://x.example' }
    expect(problemsOf(VALID, { env })).toMatchObject([
      { place: 'OSTIARY_TENANTS_3_ISSUER', what: 'tenants has only 1 entries' },
    ])
  })
})
