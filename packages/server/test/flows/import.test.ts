// Bringing apps and users along from another system, by the command line, into a server that runs.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import { TestBrowser } from '../support/browser.ts'
import { type CliFolder, type CliRun, createCliFolder } from '../support/cli.ts'
import { latestEvents } from '../support/latest-events.ts'
import { hashAtFullCost } from '../support/password-cost.ts'
import {
  STORES,
  type StoreKind,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { RESOURCE_SERVERS, TENANT, WEB_APP } from '../support/world.ts'

hashAtFullCost()

const SENTENCE = 'Grüße, seven sober seals'

/** Made by other implementations: see the tests beside the formats. */
const HASHES: Readonly<Record<string, { password: string; hash: string }>> = {
  'bcrypt-2a': {
    password: SENTENCE,
    hash: '$2a$05$gAWUik9zSQ7lF1BfpEpsiODY6vpOjJDZ/Lr2.JwfZlcbdy.k688U.',
  },
  'bcrypt-2b': {
    password: SENTENCE,
    hash: '$2b$05$GkZ3ULsiCq6v1KFVQLCHSesD1viwqYs3aAq9vWorqE365I5.4aUiq',
  },
  'bcrypt-2y': {
    password: 'rasmuslerdorf',
    hash: '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq',
  },
  argon2i: {
    password: SENTENCE,
    hash: '$argon2i$v=19$m=1024,t=2,p=2$R71nDaLNDuwh0F6HBFj2Mg$YqaJwH84MYdHrsG/H9tT6ixqx2Em8iVa60heWvjUPtY',
  },
  argon2d: {
    password: SENTENCE,
    hash: '$argon2d$v=19$m=1024,t=2,p=2$ErAOOM6sK53Twvi6/BSaKA$u+WOWbpLtDkjWrJ4u6Upii6wP2Uh1ClJs+2r3+g/8I8',
  },
  argon2id: {
    password: SENTENCE,
    hash: '$argon2id$v=19$m=1024,t=2,p=2$GXFI4P515jGIuctmiKZSqA$ITWdAdWueWwVQM0hKPc60ngC1kla+vOYWZO90lkhSW8',
  },
  // Today's parameters, of a password that is not in NFKC.
  decomposed: {
    password: 'Zoe\u0308, seven sober seals',
    hash: '$argon2id$v=19$m=19456,t=2,p=1$ru6PUxFx7BswjxenIhXJtg$Izaha8eTVEnLqrOqOoIqRYX9obMF0pG+3OPsT5R465U',
  },
  scrypt: {
    password: SENTENCE,
    hash: '$scrypt$ln=10,r=8,p=1$aK3VmtP6HyPkHANgrJVyrg$1okZLo4HRXbbLFNtc/zaPVcmfvm5qtoi9rZ0FVxMPDA',
  },
  'pbkdf2-sha256': {
    password: SENTENCE,
    hash: '$pbkdf2-sha256$1200$M2YsJWSMce79/1.rlfIeIw$MP7xPwg59svwkM.L4aNEFtkQPq7HpyXyBi1pE4Bo3jw',
  },
  'pbkdf2-sha512': {
    password: SENTENCE,
    hash: '$pbkdf2-sha512$1200$F6J0bi0F4Nz7P0cohbB2zg$LFUx5uoIKFM8rkLeRGDT1rF21NBO8mxhM3E3WGBD.N.rlllbNBNb54kBPDQsxDFbwuiGtAzaujTwVNIDCavuJQ',
  },
  'pbkdf2-django': {
    password: SENTENCE,
    hash: 'pbkdf2_sha256$1200$Tq2uCvqWVYVnTnC1$fv1jidFvAL1kuHOA6aNSrQiq4YCMTei2IFNe9knlfPg=',
  },
}

async function createCli({ database, masterKey }: TestServer): Promise<CliFolder> {
  const place = database.kind === 'sqlite' ? { path: database.path } : { url: database.url }
  return createCliFolder({
    database: place,
    masterKey: masterKey.toString('base64'),
    tenants: [{ name: TENANT, issuer: 'https://login.example', resourceServers: RESOURCE_SERVERS }],
  })
}

describe.each(STORES)('importing on %s', (kind: StoreKind) => {
  let server: TestServer
  let cli: CliFolder

  beforeAll(async () => {
    server = await startTestServer(kind, { rateLimits: { failedSignInsPerMinute: 1000 } })
    cli = await createCli(server)
  })
  afterAll(async () => {
    await server?.stop()
    await cli?.remove()
  })

  async function importFile(
    what: 'clients' | 'users',
    { name, content }: { readonly name: string; readonly content: string },
    ...options: readonly string[]
  ): Promise<CliRun> {
    await writeFile(join(cli.path, name), content)
    return cli.run(['import', what, name, ...options])
  }

  const jsonLines = (records: readonly object[]) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('')

  describe('users', () => {
    beforeAll(async () => {
      const users = Object.entries(HASHES).map(([username, { hash }]) => ({
        username,
        name: username,
        password_hash: hash,
        organisation: 'acme',
        unit: 'acme-north',
      }))
      const run = await importFile('users', { name: 'users.jsonl', content: jsonLines(users) })
      expect(run).toEqual({
        exitCode: 0,
        stdout: `imported ${users.length} of ${users.length} users\n`,
        stderr: '',
      })
    })

    const hashOf = async (username: string) =>
      (await server.store.findUserByUsername(TENANT, username))?.passwordHash

    async function signIn(username: string, password: string): Promise<number> {
      const browser = new TestBrowser()
      const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
      return (await browser.submit(page, { username, password })).status
    }

    it.each(Object.entries(HASHES))(
      'ASVS 11.4.2: %s: the first sign-in makes the hash anew, and the second needs the new one',
      async (username, { password, hash }) => {
        expect(await hashOf(username)).toBe(hash)
        expect(await signIn(username, `${password}!`)).toBe(422)
        expect(await hashOf(username)).toBe(hash)

        const twice = [signIn(username, password), signIn(username, password)]
        expect(await Promise.all(twice)).toEqual([303, 303])
        const renewed = await hashOf(username)
        expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
        expect(renewed).not.toBe(hash)

        expect(await signIn(username, password.normalize('NFKC'))).toBe(303)
        expect(await signIn(username, `${password}!`)).toBe(422)
        expect(await hashOf(username)).toBe(renewed)
      },
    )

    it('get tokens for the organisation that they belong to', async () => {
      const csv = [
        'username,name,email,email_verified,password,organisation,unit,id',
        'grace,"Grace, of Globex",grace@globex.example,true,seven sober seals,globex,globex-south,grace-1',
      ]
      expect(
        (await importFile('users', { name: 'users.csv', content: csv.join('\n') })).exitCode,
      ).toBe(0)
      const app = new TestApp(server, WEB_APP)
      const tokens = await app.obtainTokens({
        user: 'grace',
        password: 'seven sober seals',
        fields: { scope: 'openid profile email contacts:read' },
      })
      const claims = tokens.id_token?.split('.')[1] ?? ''
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        sub: 'grace-1',
      })
      const user = await server.store.findUserByUsername(TENANT, 'grace')
      expect(user).toMatchObject({ name: 'Grace, of Globex', emailVerified: true })
    })

    it('are refused from a file with one bad line, with every problem and no secret', async () => {
      const csv = [
        'username,name,password_hash',
        `henry,Henry,${HASHES['bcrypt-2b']?.hash}`,
        `iris,,${HASHES['bcrypt-2b']?.hash?.replace('$05$', '$15$')}`,
        'HENRY,Henry,5f4dcc3b5aa765d61d8327deb882cf99',
        'ada,Ada,',
      ]
      const run = await importFile('users', { name: 'bad.csv', content: csv.join('\n') })
      expect(run).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `error: ${[
          'line 3: name is empty: give a name',
          'line 3: password_hash has 15 as cost: more than 14 would stall the server',
          'line 4: password_hash is of none of the known formats (argon2, bcrypt, scrypt, PBKDF2)',
          'line 4: username "henry" is on line 2 already',
          'line 5: password_hash is missing: give it, or password',
          'line 5: username "ada" exists already',
        ].join('\n')}\n`,
      })
      expect(await hashOf('henry')).toBeUndefined()
    })

    it('are taken as far as they are good with --partial, which says so in the exit code', async () => {
      const content = jsonLines([
        { username: 'jo', name: 'Jo', password_hash: HASHES.scrypt?.hash },
        { username: 'kim', name: 'Kim', password_hash: 'x' },
      ])
      const run = await importFile('users', { name: 'some.ndjson', content }, '--partial', '--json')
      expect(run).toMatchObject({ exitCode: 2, stderr: '' })
      expect(JSON.parse(run.stdout)).toMatchObject({
        imported: 1,
        records: 2,
        problems: [{ line: 2, field: 'password_hash', problem: expect.any(String) }],
      })
      expect(await hashOf('jo')).toBe(HASHES.scrypt?.hash)
      expect(await hashOf('kim')).toBeUndefined()
      const [event] = await latestEvents(server.store, TENANT, 1)
      expect(event).toMatchObject({
        action: 'user.imported',
        actor: 'cli',
        target: expect.stringMatching(/^user:./),
      })
    })
  })

  describe('apps', () => {
    const SECRET = 'a secret/with+what &apps have=%'
    const redirectUri = 'https://old.example/callback'
    const MACHINE_REQUEST = { grant_type: 'client_credentials', scope: 'contacts:read' }

    it('go on with the id and secret that they have', async () => {
      const secretHash = createHash('sha256').update(SECRET).digest('hex')
      const csv = [
        'id,name,secret,secret_hash,redirect_uris,grants,scopes,default_scopes,first_party',
        `old-web,Old Web,"${SECRET}",,${redirectUri} ${redirectUri}/two,,contacts:read,contacts:read,`,
        `old-hash,Old Hash,,sha256:${secretHash},,client_credentials,contacts:read,,true`,
        `old-spa,Old Spa,,,${redirectUri},,contacts:read,,`,
      ]
      const run = await importFile('clients', { name: 'apps.csv', content: csv.join('\r\n') })
      expect(run).toEqual({ exitCode: 0, stdout: 'imported 3 of 3 apps\n', stderr: '' })

      const tokens = await new TestApp(server, {
        id: 'old-web',
        secret: SECRET,
        redirectUri,
      }).obtainTokens()
      expect(tokens.scope).toBe('contacts:read')
      const machine = new TestApp(server, { id: 'old-hash', secret: SECRET, redirectUri: '' })
      expect((await machine.token(MACHINE_REQUEST)).status).toBe(200)
      const spa = new TestApp(server, { id: 'old-spa', secret: undefined, redirectUri })
      expect((await spa.obtainTokens()).refresh_token).toBeDefined()
      const liar = new TestApp(server, { id: 'old-web', secret: `${SECRET}!`, redirectUri })
      expect((await liar.token(MACHINE_REQUEST)).status).toBe(401)

      const [event] = await latestEvents(server.store, TENANT, 10)
      expect(event).toMatchObject({
        action: 'client.imported',
        actor: 'cli',
        target: expect.stringMatching(/^client:old-/),
      })
      const shown = await cli.run(['client', 'show', 'old-web'])
      expect(shown.stdout).toMatch(/ imported /)
      expect(shown.stdout).not.toContain(SECRET)
    })

    it('are read from standard input', async () => {
      const stdin = jsonLines([{ id: 'piped', name: 'Piped', redirect_uris: [redirectUri] }])
      const run = await cli.run(['import', 'clients', '-', '--format', 'jsonl'], { stdin })
      expect(run).toMatchObject({ exitCode: 0, stdout: 'imported 1 of 1 apps\n' })
      expect(await server.store.findClient(TENANT, asClientId('piped'))).not.toBeNull()
    })

    it('are shown by --dry-run and changed by --update', async () => {
      const old = { id: 'mail@acme.example/1+2=', name: 'Mail', secret: SECRET }
      const rows = [{ ...old, redirect_uris: [redirectUri], scopes: ['contacts:read'] }]
      const run = (flags: readonly string[], records: readonly object[]) =>
        cli.run(['import', 'clients', '-', '--format', 'jsonl', ...flags], {
          stdin: jsonLines(records),
        })
      const shown = await run(['--dry-run'], [...rows, { id: 'a%40b', name: 'B' }])
      expect(shown.exitCode).toBe(2)
      expect(shown.stdout).toMatch(
        /^would import 1 of 2 apps; nothing was written\nline 1: "mail@acme\.example\/1\+2=" would be created; by default type confidential, grants authorization_code refresh_token, default_scopes all of its scopes,/,
      )
      expect(shown.stdout).toContain('line 2: id "a%40b" cannot be used: it holds %40')
      expect(await server.store.findClient(TENANT, asClientId(old.id))).toBeNull()

      await run([], rows)
      const client = { id: old.id, secret: SECRET, redirectUri }
      const app = new TestApp(server, client)
      const { access_token: token } = await app.obtainTokens()
      expect((await app.introspect(token)).body).toMatchObject({
        ...{ active: true, client_id: old.id, scope: 'contacts:read' },
      })
      const changed = await run(['--update'], [{ id: old.id, name: 'Post', secret: SECRET }])
      expect(changed).toMatchObject({
        exitCode: 0,
        stdout: `imported 0, changed 1 and left 0 as they are, of 1 apps\nline 1: "${old.id}" was changed: name\n`,
      })
    })

    it('are all left out when one exists already', async () => {
      const stdin = jsonLines([
        { id: 'newcomer', name: 'Newcomer', redirect_uris: [redirectUri] },
        { id: WEB_APP.id, name: 'Twin', redirect_uris: [redirectUri] },
      ])
      const command = ['import', 'clients', '-', '--format', 'jsonl']
      const run = await cli.run(command, { stdin })
      expect(run).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `error: line 2: id "${WEB_APP.id}" exists already\n`,
      })
      expect(await server.store.findClient(TENANT, asClientId('newcomer'))).toBeNull()
    })
  })
})
