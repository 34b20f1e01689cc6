// What a command line asks for that cannot be: exit code 2 and one sentence, never a stack trace, a silent choice or a
// file that is gone.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliFolder, createCliFolder } from '../support/cli.ts'

const API = {
  audience: 'https://api.acme.example',
  name: 'Acme API',
  scopes: [{ name: 'contacts:read', description: 'see your contacts', access: 'read' }],
}
const TENANT = { name: 'acme', issuer: 'https://login.acme.example', resourceServers: [API] }
const FEED = ['--issuer', 'https://login.acme.example', '--once']
const TRUST = ['trusted-issuer', 'add', 'x', '--issuer', 'https://i.example', '--audience', 'a']

describe('wrong input is exit code 2', () => {
  let cli: CliFolder
  beforeAll(async () => {
    cli = await createCliFolder({ tenants: [TENANT] })
    await cli.run(['migrate'])
    await cli.run(['org', 'create', 'Acme', '--id', 'acme'])
    await cli.run(['user', 'create', 'ada', '--name', 'Ada', '--organisation', 'acme'])
    await cli.run(['client', 'create', '--name', 'Ledger', '--id', 'ledger'])
    writeFileSync(join(cli.path, 'letter.txt'), LETTER)
    mkdirSync(join(cli.path, 'folder'))
  })
  afterAll(() => cli.remove())

  const LETTER = 'Dear Ada,'
  const NEW_APP = ['client', 'create', '--name', 'New']

  /** What is wrong, and what the refusal must name. */
  const WRONG: readonly (readonly [readonly string[], RegExp])[] = [
    // Files and folders that are not what they should be.
    [['restore', 'letter.txt'], /letter\.txt is no backup of Ostiary.*nothing was changed/s],
    [['restore', 'nope.db'], /there is no file nope\.db/],
    [['restore', 'folder'], /folder is no file/],
    [['restore', '--feed', 'nope.jsonl'], /there is no file nope\.jsonl/],
    [['restore', '--feed', 'folder'], /folder is no file/],
    [['restore', '--feed', 'letter.txt'], /letter\.txt, line 1: this is no page of a feed/],
    [['backup', 'nowhere/x.db'], /there is no folder \S+nowhere: make it first/],
    [['backup', 'folder'], /folder exists already/],
    [['feed', 'follow', 'nowhere/x', ...FEED], /there is no folder \S+nowhere/],
    [['feed', 'follow', 'folder', ...FEED], /folder is a folder: name a file/],
    [['feed', 'follow', 'letter.txt', ...FEED], /letter\.txt, line 1: this is no page of a feed/],
    [['feed', 'follow', 'x', '--issuer', 'ftp://login.acme.example'], /ftp:\S+ is no URL with/],
    [['import', 'users', 'nope.csv'], /nope\.csv/],
    [['import', 'clients', 'folder', '--format', 'csv'], /folder/],
    [['identity-jwt', '--key', 'nope', '--subject', 'x'], /there is no file nope/],
    [['identity-jwt', '--key', 'letter.txt', '--subject', 'x'], /letter\.txt is not JSON/],
    [[...TRUST, '--jwks-file', 'nope'], /there is no file nope/],
    [[...TRUST, '--jwks-file', 'letter.txt'], /JWK set/],
    [['reference', 'letter.txt'], /letter\.txt is no folder/],
    [['reference', '/proc/ostiary/x'], /\/proc\/ostiary\/x cannot be made: name another folder/],
    [['dev', '--data', 'letter.txt'], /letter\.txt is no folder/],
    [['dev', '--api', 'nope.ts'], /nope\.ts/],
    // Flags that contradict each other, of which one would be passed over without a word.
    [
      ['restore', '--end-all-grants', '--accept-lost-revocations'],
      /end-all-grants' cannot be used with option '--accept-lost-revocations/,
    ],
    [['client', 'list', '--legacy', '--limit', '1'], /legacy' cannot be used with .*limit/],
    [['feed', 'follow', 'x', ...FEED, '--every', '3'], /once' cannot be used with .*every/],
    [
      ['client', 'update', 'ledger', '--require-pkce', '--no-require-pkce'],
      /require-pkce' cannot be used with option '--no-require-pkce/,
    ],
    [
      ['client', 'update', 'ledger', '--no-stable-refresh-token', '--stable-refresh-token'],
      /stable-refresh-token' cannot be used with/,
    ],
    [[...TRUST, '--jwks-file', 'jwks.json', '--jwks-uri', 'https://i.example/jwks'], /one place/],
    // Values of flags, which are named as they were typed.
    [[...NEW_APP, '--redirect-uri', 'myapp'], /--redirect-uri "myapp" is not an absolute URI/],
    [[...NEW_APP, '--post-logout-redirect-uri', 'x'], /--post-logout-redirect-uri "x" is not/],
    [[...NEW_APP, '--grant', 'nope'], /--grant "nope" is not offered/],
    [[...NEW_APP, '--scope', 'nope'], /--scope "nope" is not a scope/],
    [[...NEW_APP, '--default-scope', 'nope'], /--default-scope "nope" is not among/],
    [[...NEW_APP, '--default-audience', 'x'], /--default-audience "x" is not an API/],
    [[...NEW_APP, '--organisation', 'nope'], /--organisation "nope" does not exist/],
    [[...NEW_APP, '--privacy', 'x'], /--privacy "x" is not an https address/],
    [[...NEW_APP, '--id', 'ledger'], /--id "ledger" is taken/],
    [['client', 'update', 'ledger', '--redirect-uri', 'x'], /--redirect-uri "x" is not/],
    [['user', 'create', 'eve', '--name', ''], /--name is empty/],
    [['user', 'create', 'eve', '--name', 'Eve', '--locale', '!'], /--locale /],
    [
      ['user', 'create', 'eve', '--name', 'E', '--organisation', 'nope'],
      /--organisation "nope" does not/,
    ],
    [['start', '--port', 'abc'], /--port .*abc/],
    [['api-version', 'usage', '--days', 'x'], /days must be a whole number/],
    [['client', 'list', '--limit', '0'], /limit/],
    // Of several things that are named, the one that is not there.
    [['org', 'role', 'nope', 'ada', 'admin'], /organisation "nope" does not exist/],
    [['org', 'role', 'acme', 'nope', 'admin'], /username "nope" does not exist/],
    [['org', 'role', 'acme', 'ada', 'king'], /"king" is not admin or member/],
    [['client', 'secret', 'revoke', 'nope', 'x'], /client "nope" does not exist/],
    [['client', 'secret', 'revoke', 'ledger', 'x'], /secret "x" does not exist for this app/],
    [['client', 'disallow', 'nope', 'http-redirect-uri'], /client "nope" does not exist/],
    [
      ['client', 'disallow', 'ledger', 'nope'],
      /"nope" is no legacy allowance of contract standard/,
    ],
    [['session', 'end', 'nope', 'x'], /username "nope" does not exist/],
    [['session', 'end', 'ada', 'x'], /"x" is not a session of "ada"/],
    [['consumer', 'link', 'ada', '--issuer', 'x', '--subject', 'y'], /issuer "x" is not trusted/],
  ]

  it.each(WRONG)('ostiary %j', async (args, words) => {
    if (args.includes('jwks.json')) writeFileSync(join(cli.path, 'jwks.json'), '{"keys":[]}')
    const { exitCode, stdout, stderr } = await cli.run(args)
    expect({ exitCode, stdout, stderr }).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(words),
    })
    expect(stderr).not.toMatch(/\n {4}at |this is a bug/)
    expect(readFileSync(join(cli.path, 'letter.txt'), 'utf8')).toBe(LETTER)
    // What is refused leaves nothing beside it.
    expect(existsSync(join(cli.path, 'letter.txt.lock'))).toBe(false)
  })

  it('what cannot be undone is said before and after', async () => {
    for (const command of ['client', 'user']) {
      const help = await cli.run([command, 'disable', '--help'])
      expect(help.stdout.replace(/\s+/g, ' ')).toMatch(/for good.*; no command/)
    }
    const client = await cli.run(['client', 'disable', 'ledger'])
    expect(client.stdout).toContain('no command switches it on again')
    const user = await cli.run(['user', 'disable', 'ada'])
    expect(user.stdout).toContain('no command lets the user in again')
  })
})
