// The commands about application keys, consumers and trusted issuers, each as a process of its own.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliFolder, createCliFolder } from '../support/cli.ts'
import { jwksOf, newIdentityKey } from '../support/identity-system.ts'

const TENANT = {
  name: 'crm',
  issuer: 'https://login.crm.example',
  contract: 'crm-com',
  resourceServers: [
    {
      audience: 'https://api.crm.example',
      name: 'CRM API',
      scopes: [{ name: 'contacts:read', description: 'see your contacts', access: 'read' }],
    },
  ],
}

const HEX = /^[0-9A-F]{32}$/

describe('application keys on the command line', () => {
  let cli: CliFolder
  beforeAll(async () => {
    cli = await createCliFolder({ tenants: [TENANT] })
    await cli.run(['org', 'create', 'Acme', '--id', 'acme', '--unit', 'north=North', 'south=South'])
  })
  afterAll(() => cli.remove())

  it('creates a key in the form of the contract, shows it once, suspends, resumes and deletes it', async () => {
    const { keyId, key } = await cli.json(['app-key', 'create', 'acme', '--name', 'till'])
    expect(key).toMatch(HEX)
    const list = async () => (await cli.run(['app-key', 'list'])).stdout
    expect(await list()).toMatch(/\n[0-9a-f]{32} {2}acme +till +[0-9A-F]{4} +active +never +never/)
    expect(await list()).not.toContain(key)
    const change = (verb: string) => cli.json(['app-key', verb, String(keyId)])
    expect(await change('suspend')).toEqual({ suspended: keyId })
    expect(await list()).toMatch(/suspended/)
    expect(await change('suspend')).toMatchObject({ error: { kind: 'usage' } })
    expect(await change('resume')).toEqual({ resumed: keyId })
    expect(await change('delete')).toEqual({ deleted: keyId })
    expect(await list()).toMatch(/^no keys yet/)
  })

  it('takes a key that is in use already from standard input, and does not repeat it', async () => {
    const stdin = '0123456789ABCDEF0123456789ABCDEF\n'
    const create = ['app-key', 'create', 'acme', '--name', 'old', '--key-stdin']
    const created = await cli.run(create, { stdin })
    expect(created.stdout).toMatch(/^key id {2}[0-9a-f]{32}\n$/)
    const short = await cli.run(create, { stdin: 'too-short\n' })
    expect(short).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('32 to 256') })
    const none = await cli.run(create)
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('pipe the key') })
  })

  it('creates a user with further units, and what stands for them', async () => {
    const create = ['user', 'create', 'ada', '--name', 'Ada', '--organisation', 'acme/north']
    const { user } = await cli.json([...create, '--unit', 'acme/south'])
    expect(user).toMatchObject({
      id: expect.stringMatching(HEX),
      memberships: [{ defaultUnit: { id: 'north' }, furtherUnitIds: ['south'] }],
    })
    const lonely = await cli.run([...create.slice(0, 3), '--name', 'A', '--unit', 'acme/south'])
    expect(lonely).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--organisation') })

    const { secret: code } = await cli.json(['consumer', 'add-code', 'ada'])
    expect(code).toMatch(/^ost_uc_/)
    const { secret: passCode } = await cli.json(['consumer', 'add-identifier', 'ada', 'card-4711'])
    expect(passCode).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/)
    const given = await cli.json(
      ['consumer', 'add-identifier', 'ada', 'card-2', '--pass-code-stdin'],
      {
        stdin: '4711\n',
      },
    )
    expect(given).not.toHaveProperty('secret')
  })

  it('trusts an issuer, links its subjects, and forgets both', async () => {
    writeFileSync(join(cli.path, 'jwks.json'), jwksOf([await newIdentityKey('k1')]))
    const add = ['trusted-issuer', 'add', 'Accounts', '--audience', 'https://crm.example']
    const issuer = 'https://id.example'
    const added = await cli.run([...add, '--issuer', issuer, '--jwks-file', 'jwks.json'])
    expect(added).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^id +[0-9a-f]{32}/) })
    const link = ['consumer', 'link', 'ada', '--issuer', issuer, '--subject', 'ada@id.example']
    const { identifier } = await cli.json(link)
    expect(identifier).toMatchObject({ id: expect.stringMatching(HEX), kind: 'identity' })
    const listed = await cli.run(['consumer', 'list', 'ada'])
    for (const kind of [/ code /, / identifier +4711 /, / link +ada@id\.example/]) {
      expect(listed.stdout).toMatch(kind)
    }
    const { identifiers } = await cli.json(['consumer', 'list', 'ada'])
    const [first] = identifiers as { id: string }[]
    await cli.run(['consumer', 'remove', first?.id ?? ''])
    expect((await cli.run(['consumer', 'list', 'ada'])).stdout).not.toContain(first?.id)

    expect(await cli.json(['trusted-issuer', 'suspend', issuer])).toEqual({ suspended: issuer })
    expect((await cli.run(['trusted-issuer', 'list'])).stdout).toMatch(/pinned +suspended/)
    expect(await cli.json(['trusted-issuer', 'remove', issuer])).toEqual({ removed: issuer })
    expect((await cli.run(['consumer', 'list', 'ada'])).stdout).not.toContain('ada@id.example')
  })

  it('says what is wrong with an issuer, all of it', async () => {
    const run = await cli.run([
      ...['trusted-issuer', 'add', 'Self', '--audience', 'has a space'],
      ...['--issuer', TENANT.issuer, '--jwks-uri', 'http://keys.example/jwks'],
    ])
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toMatch(
      /audience must be[\s\S]*this server itself[\s\S]*not an https address/,
    )
  })
})
