// The commands that set a server up, each as a process of its own.

import { once } from 'node:events'
import { chmodSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MIGRATION_NAMES } from '../../src/store/sql/migrations/index.ts'
import { type CliFolder, createCliFolder } from '../support/cli.ts'

const TENANT = {
  name: 'acme',
  issuer: 'https://login.acme.example',
  resourceServers: [
    {
      audience: 'https://api.acme.example',
      name: 'Acme API',
      scopes: [{ name: 'contacts:read', description: 'see your contacts', access: 'read' }],
    },
  ],
}

describe('setting up a server', () => {
  let cli: CliFolder
  beforeAll(async () => {
    cli = await createCliFolder({ tenants: [TENANT] })
    await cli.run(['migrate'])
  })
  afterAll(() => cli.remove())

  it('keeps what it makes to its owner', () => {
    for (const name of ['ostiary.db', 'master.key']) {
      expect(statSync(join(cli.path, 'data', name)).mode & 0o777).toBe(0o600)
    }
    expect(statSync(join(cli.path, 'data')).mode & 0o777).toBe(0o700)
  })

  it('ends without a word when its reader has read enough, as with `| head -1`', async () => {
    const child = cli.spawn(['--help'])
    child.stdout?.destroy()
    const complaints = child.stderr ? await text(child.stderr) : undefined
    expect([complaints, child.exitCode ?? (await once(child, 'exit'))[0]]).toEqual(['', 1])
  })

  it('says which migrations are applied, and applies nothing twice', async () => {
    expect(await cli.json(['migrate', 'status'])).toEqual({ applied: MIGRATION_NAMES, pending: [] })
    expect(await cli.json(['migrate'])).toEqual({ applied: [] })
  })

  it('creates, lists and shows an app, its secret only once', async () => {
    const created = await cli.run([
      ...['client', 'create', '--name', 'Ledger', '--id', 'ledger', '--scope', 'contacts:read'],
      ...['--redirect-uri', 'https://ledger.example/cb', 'https://ledger.example/cb2'],
    ])
    expect(created).toMatchObject({ exitCode: 0, stderr: '' })
    expect(created.stdout).toMatch(
      /^client id {6}ledger\nclient secret {2}ost_cs_\S+\ncopy the sec/,
    )
    const secret = /ost_cs_\S+/.exec(created.stdout)?.[0] ?? 'none'

    const listed = await cli.run(['client', 'list'])
    expect(listed.stdout).toMatch(/^CLIENT ID {2}NAME {4}TYPE.*\nledger {5}Ledger {2}confidential/)
    const shown = await cli.run(['client', 'show', 'ledger'])
    expect(shown.stdout).toMatch(/redirect URIs {2}https:\/\/ledger\.example\/cb https:\S+cb2\n/)
    expect(shown.stdout).toContain(secret.slice(-4))
    expect(listed.stdout + shown.stdout).not.toContain(secret)
  })

  it('replaces a secret without a gap', async () => {
    const create = ['client', 'create', '--name', 'Export', '--id', 'export']
    const { secret: first } = await cli.json(create)
    const added = await cli.json([
      ...['client', 'secret', 'add', 'export'],
      ...['--name', 'second', '--expires-in-days', '90'],
    ])
    expect(added).toMatchObject({
      clientId: 'export',
      secret: expect.not.stringMatching(`${first}`),
    })
    const secrets = async () =>
      (await cli.json(['client', 'show', 'export'])).secrets as { id: string; name: string }[]
    const old = (await secrets()).find(({ name }) => name === 'first')
    await cli.run(['client', 'secret', 'revoke', 'export', old?.id ?? ''])
    expect(await secrets()).toMatchObject([{ id: added.secretId, name: 'second' }])
  })

  it('creates organisations and users, with a password from standard input', async () => {
    await cli.run(['org', 'create', 'Globex', '--id', 'globex', '--unit', 'graz=Graz', 'Linz'])
    const command = ['user', 'create', 'Ada', '--name', 'Ada', '--organisation', 'globex/graz']
    const stdin = 'seven sober seals\n'
    const created = await cli.run([...command, '--password-stdin'], { stdin })
    expect(created.stdout).toMatch(/^username {2}ada\nid {8}[0-9a-f]{32}\n$/)
    const users = await cli.run(['user', 'list'])
    expect(users.stdout).toMatch(/ada +Ada +globex\/graz +active/)
  })

  it('house L4: lists as many as are asked for, the oldest first', async () => {
    await cli.run(['org', 'create', 'Initech', '--id', 'initech'])
    const { organisations } = await cli.json(['org', 'list', '--limit', '1'])
    expect(organisations).toMatchObject([{ id: 'globex' }])
    const wrong = await cli.run(['org', 'list', '--limit', '0'])
    expect(wrong.exitCode).not.toBe(0)
  })

  it('makes a password and shows it once when none is given', async () => {
    const { password } = await cli.json(['user', 'create', 'ben', '--name', 'Ben'])
    expect(password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/)
    expect(JSON.stringify(await cli.json(['user', 'list']))).not.toContain(password)
  })

  it('says what is wrong with the input, all of it, and exits with 2', async () => {
    const run = await cli.run([
      ...['client', 'create', '--name', ' ', '--redirect-uri', 'http://x.example', '--scope', 'x'],
    ])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(
      /name is empty[\s\S]*use https[\s\S]*"x" is not a scope of tenant acme/,
    )
    const asJson = await cli.json(['client', 'show', 'nobody'])
    expect(asJson).toMatchObject({ error: { kind: 'usage', problems: [{ field: 'client' }] } })
  })

  it('refuses an empty standard input where a password should come from', async () => {
    const run = await cli.run(['user', 'create', 'eve', '--name', 'Eve', '--password-stdin'])
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('pipe the password') })
  })

  it('rotates keys, not before APIs can know the next one', async () => {
    const early = await cli.run(['key', 'rotate'])
    expect(early).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('wait, or force') })
    const { currentKid } = await cli.json(['key', 'rotate', '--force'])
    expect(await cli.json(['key', 'list'])).toMatchObject({
      keys: [{ kid: currentKid, state: 'current' }, { state: 'next' }, { state: 'previous' }],
    })
  })
})

describe('an app that changes', () => {
  const [api] = TENANT.resourceServers
  const OTHER_API = { ...api, audience: 'https://other.acme.example', scopes: [] }
  const until = `${new Date().getUTCFullYear() + 2}-06-30`
  const terms = ['--owner', 'ops', '--reason', 'old widget', '--until', until]

  let cli: CliFolder
  beforeAll(async () => {
    cli = await createCliFolder({
      tenants: [
        { ...TENANT, contract: 'mister-james' },
        { ...TENANT, name: 'crm', issuer: 'https://crm.example', contract: 'crm-com' },
        {
          ...{ ...TENANT, name: 'twin', issuer: 'https://twin.example', contract: 'crm-com' },
          resourceServers: [api, OTHER_API],
        },
      ],
    })
    await cli.run(['migrate'])
    await cli.run(client('create', '--id', 'ledger', '--name', 'Ledger', ...REDIRECTS))
  })
  afterAll(() => cli.remove())

  const REDIRECTS = ['--redirect-uri', 'https://ledger.example/cb', '--scope', 'contacts:read']
  const client = (...args: readonly string[]) => ['client', ...args, '--tenant', 'acme']
  const shown = () => cli.json(client('show', 'ledger'))

  it('is made stricter, and keeps what is not named', async () => {
    expect(await shown()).toMatchObject({ client: { requirePkce: false } })
    const updated = await cli.run(
      client('update', 'ledger', '--require-pkce', '--name', 'Ledger 2'),
    )
    expect(updated).toMatchObject({ exitCode: 0, stdout: 'updated ledger\n', stderr: '' })
    expect(await shown()).toMatchObject({
      client: { name: 'Ledger 2', requirePkce: true, redirectUris: ['https://ledger.example/cb'] },
    })
    await cli.run(client('update', 'ledger', '--no-require-pkce', '--stable-refresh-token'))
    expect(await shown()).toMatchObject({
      client: { name: 'Ledger 2', requirePkce: false, refreshPolicy: 'stable' },
    })
    await cli.run(
      client('update', 'ledger', '--no-stable-refresh-token', '--grant', 'authorization_code'),
    )
    expect(await shown()).toMatchObject({
      client: { refreshPolicy: 'rotate', grantTypes: ['authorization_code'] },
    })
  })

  it('is not changed to what could not be registered, nor to nothing', async () => {
    const wrong = await cli.run(client('update', 'ledger', '--redirect-uri', 'http://x.example'))
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('use https') })
    const nothing = await cli.run(client('update', 'ledger'))
    expect(nothing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('what to change'),
    })
    const missing = await cli.run(client('update', 'nobody', '--require-pkce'))
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"nobody"') })
  })

  it('has a legacy allowance until a day, on the list of what is left to do, and loses it', async () => {
    expect((await cli.run(client('list', '--legacy'))).stdout).toBe(
      'no app has a legacy allowance\n',
    )
    const allowed = await cli.run(client('allow', 'ledger', 'implicit', ...terms))
    expect(allowed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(`^ledger may use implicit until ${until}\nimplicit: .*URIs`),
    })
    expect((await cli.run(client('list', '--legacy'))).stdout).toMatch(
      new RegExp(
        '^CLIENT ID +APP +ALLOWANCE +OWNER +REASON +UNTIL +STATE +USES IN 30 DAYS +LAST USED\n' +
          `ledger +Ledger 2 +implicit +ops +old widget +${until} +active +0 +-\n$`,
      ),
    )
    const { stdout } = await cli.run(client('show', 'ledger'))
    expect(stdout).toMatch(
      /last used +never\n\nALLOWANCE +OWNER +REASON +UNTIL\nimplicit +ops +old/,
    )

    const taken = await cli.run(client('disallow', 'ledger', 'implicit'))
    expect(taken).toMatchObject({ exitCode: 0, stdout: 'ledger may use implicit no longer\n' })
    expect(await cli.json(client('list', '--legacy'))).toEqual({ allowances: [] })
    expect((await cli.run(client('disallow', 'ledger', 'implicit'))).exitCode).toBe(2)
  })

  it('has none without an owner, a reason and a day that is to come', async () => {
    for (const index of [0, 2, 4]) {
      const incomplete = terms.toSpliced(index, 2)
      const run = await cli.run(client('allow', 'ledger', 'implicit', ...incomplete))
      expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${terms[index]}`) })
    }
    const allow = (day: string, allowance = 'implicit') =>
      cli.run(client('allow', 'ledger', allowance, ...terms.slice(0, -1), day))
    expect((await allow('tomorrow')).stderr).toContain('give a day, for example 2027-06-30')
    expect((await allow('2020-01-01')).stderr).toContain('until is in the past')
    expect((await allow(until, 'password')).stderr).toContain('many-redirect-uris, implicit')
    expect(await shown()).toMatchObject({ client: { allowances: [] } })
  })

  it('is registered with its legacy allowances', async () => {
    const widget = [...REDIRECTS, '--grant', 'implicit', '--id', 'widget', '--name', 'Widget']
    const refused = await cli.run(client('create', ...widget))
    expect(refused.stderr).toContain('"implicit" needs the legacy allowance of that name')
    const allow = ['--allow', 'implicit']
    const alone = await cli.run(client('create', ...widget, ...allow))
    expect(alone).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--allow-owner') })
    const allowTerms = terms.map((term) => term.replace('--', '--allow-'))
    const nameless = await cli.run(client('create', ...widget, ...allowTerms))
    expect(nameless).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('with --allow') })
    const created = await cli.json(client('create', ...widget, ...allow, ...allowTerms))
    const allowance = { name: 'implicit', owner: 'ops', reason: 'old widget' }
    const endsAtSeconds = Date.parse(until) / 1000
    expect(created).toMatchObject({
      client: { id: 'widget', allowances: [{ ...allowance, endsAtSeconds }] },
    })
  })

  it('is told what it costs where it is given', async () => {
    const danger = 'any other app on the device can claim it'
    const [allow, allowTerms] = [
      ['--allow', 'private-scheme'],
      terms.map((term) => term.replace('--', '--allow-')),
    ]
    const uri = ['--redirect-uri', 'myapp://cb', '--id', 'phone', '--name', 'Phone', '--public']
    const refused = await cli.run(client('create', ...uri))
    expect(refused.stderr).toContain('the legacy allowance "private-scheme"')
    const created = await cli.run(client('create', ...uri, ...allow, ...allowTerms))
    expect(created.stdout).toContain(danger)
    expect((await cli.run(client('allow', 'phone', 'private-scheme', ...terms))).stdout).toContain(
      danger,
    )
    expect((await cli.run(client('show', 'phone'))).stdout).toContain(danger)
    const changed = await cli.run(client('update', 'phone', '--redirect-uri', 'phone://cb'))
    expect(changed.exitCode).toBe(0)
  })

  it('leaves a line in the audit trail for each change', async () => {
    const actions = new DatabaseSync(join(cli.path, 'data/ostiary.db'), { readOnly: true })
      .prepare(`select distinct action from audit_events where tenant = 'acme' order by action`)
      .all()
    expect(actions.map(({ action }) => action)).toEqual([
      'client.created',
      'client.updated',
      'legacy_allowance.granted',
      'legacy_allowance.removed',
    ])
  })

  it('the keys of single APIs are listed and rotated by their names', async () => {
    const key = (...args: readonly string[]) => cli.json(['key', ...args])
    const { currentKid } = await key('rotate', '--force', '--tenant', 'crm')
    expect(await key('list', '--tenant', 'crm')).toMatchObject({
      keys: [{ kid: currentKid, resourceServer: api?.audience }, {}, {}],
    })
    const unnamed = await cli.run(['key', 'rotate', '--force', '--tenant', 'twin'])
    expect(unnamed).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`${api?.audience}, ${OTHER_API.audience}`),
    })
    await key('rotate', '--force', '--tenant', 'twin', '--api', OTHER_API.audience)
    const { stdout } = await cli.run(['key', 'list', '--tenant', 'twin'])
    expect(stdout).toMatch(/^KEY +API +ALGORITHM +STATE/)
    expect(stdout).toMatch(/https:\/\/other\.acme\.example +HS256 +previous/)
    expect(stdout).not.toMatch(/https:\/\/api\.acme\.example +HS256 +previous/)
  })
})

describe('what can be wrong', () => {
  let cli: CliFolder
  beforeAll(async () => {
    cli = await createCliFolder({
      tenants: [TENANT, { ...TENANT, name: 'beta', issuer: 'https://login.beta.example' }],
    })
  })
  afterAll(() => cli.remove())

  it('suggests the command that was meant, and exits with 2', async () => {
    const run = await cli.run(['cleint', 'list'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain('Did you mean client?')
    const inGroup = await cli.run(['client', 'creat'])
    expect(inGroup.stderr).toContain('Did you mean create?')
  })

  it('answers with JSON also when the command line is wrong', async () => {
    expect(await cli.json(['client', 'list', '--bogus'])).toMatchObject({
      error: { kind: 'usage', message: "unknown option '--bogus'" },
    })
  })

  it('asks which tenant is meant when there are several', async () => {
    const run = await cli.run(['client', 'list'])
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('acme, beta') })
    expect(await cli.json(['client', 'list', '--tenant', 'beta'])).toEqual({ clients: [] })
  })

  it('reports every problem of the configuration with its place, and exits with 3', async () => {
    const env = { OSTIARY_LOG_LEVEL: 'loud', OSTIARY_TENANTS_1_ISSUER: 'http://beta.example' }
    const run = await cli.run(['client', 'list', '--tenant', 'beta'], { env })
    expect(run).toMatchObject({ exitCode: 3, stdout: '' })
    expect(run.stderr).toMatch(/OSTIARY_LOG_LEVEL \(log\.level\): is "loud"\n {2}→ give one of/)
    expect(run.stderr).toMatch(/OSTIARY_TENANTS_1_ISSUER[\s\S]*--allow http-issuer/)
  })

  it('names the file that is missing, and exits with 3', async () => {
    const run = await cli.run(['client', 'list', '--config', 'nowhere.yaml'])
    expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('nowhere.yaml') })
  })

  it('exits with 4 when the database does not answer, with what to do', async () => {
    const env = {
      OSTIARY_DATABASE_URL: 'postgres://ostiary:hunter2@127.0.0.1:1/ostiary',
      OSTIARY_MASTER_KEY: 'q2mZ0oT7cJ9v4bXh1uRkWyLsEeNfPaGd8iQt5wVz3Ho=',
    }
    const run = await cli.run(['client', 'list', '--tenant', 'acme'], { env })
    expect(run).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/→ .*ostiary doctor/) })
    expect(run.stderr).not.toContain('hunter2')
  })
})

describe('ostiary doctor', () => {
  let cli: CliFolder
  beforeAll(async () => {
    cli = await createCliFolder({ tenants: [{ ...TENANT, issuer: 'https://127.0.0.1:1' }] })
  })
  afterAll(() => cli.remove())

  it('is content with a database that is still to be made, and makes none', async () => {
    const { stdout } = await cli.run(['doctor'])
    expect(stdout).toMatch(/ok +Database +\S+ostiary\.db is made when the server first starts/)
    expect(stdout).toMatch(/ok +Master key +is made/)
    expect(() => statSync(join(cli.path, 'data'))).toThrow(/ENOENT/)
  })

  it('finds what is wrong, says how to repair it, and exits with 1', async () => {
    const run = await cli.run(['doctor'])
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toMatch(/WRONG +Issuer of acme .* cannot be read[\s\S]*→ start the server/)
    expect(run.stdout).toMatch(/\n1 to repair\n$/)
  })

  it('names each problem of the configuration', async () => {
    const env = { OSTIARY_LOG_LEVEL: 'loud', OSTIARY_SERVER_PORT: 'x' }
    const { ok, checks } = await cli.json(['doctor'], { env })
    expect(ok).toBe(false)
    expect(checks).toMatchObject([
      { subject: 'Node', ok: true },
      { subject: 'Clock', ok: true },
      { subject: 'Configuration', ok: false, detail: expect.stringContaining('SERVER_PORT') },
      { subject: 'Configuration', ok: false, fix: expect.stringContaining('debug, info') },
    ])
  })

  it('sees a master key that others can read, and one that is gone', async () => {
    await cli.run(['migrate'])
    const key = join(cli.path, 'data', 'master.key')
    chmodSync(key, 0o644)
    expect((await cli.run(['doctor'])).stdout).toMatch(
      /WRONG +Master key +.*other users\n +→ run `chmod 600/,
    )
    rmSync(key)
    expect((await cli.run(['doctor'])).stdout).toMatch(
      /WRONG +Master key +.*missing[\s\S]*→ put back the key/,
    )
  })
})
