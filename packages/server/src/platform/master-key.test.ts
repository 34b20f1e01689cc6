import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { decodeMasterKey, loadMasterKey, masterKeyFile } from './master-key.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostiary-key-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const sqlite = () => ({ kind: 'sqlite', path: join(folder, 'data', 'ostiary.db') }) as const

it.each(['base64', 'base64url', 'hex'] as const)('reads a key in %s', (encoding) => {
  const key = randomBytes(32)
  const masterKey = `${key.toString(encoding)}\n`
  expect(loadMasterKey({ masterKey, database: { kind: 'postgres' } })).toEqual(key)
})

it.each(['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('hex')])(
  'refuses %j',
  (text) => {
    expect(decodeMasterKey(text)).toBeUndefined()
  },
)

it.each([0o000, 0o077])(
  'makes a file that only its owner can read, and keeps it: umask %o',
  (umask) => {
    const before = process.umask(umask)
    onTestFinished(() => void process.umask(before))
    const first = loadMasterKey({ database: sqlite() })
    expect(first).toHaveLength(32)
    expect(statSync(masterKeyFile(sqlite().path)).mode & 0o777).toBe(0o600)
    expect(loadMasterKey({ database: sqlite() })).toEqual(first)
    expect(readdirSync(join(folder, 'data'))).toEqual(['master.key'])
  },
)

it('refuses a file that others can read, with the command that helps', () => {
  loadMasterKey({ database: sqlite() })
  chmodSync(masterKeyFile(sqlite().path), 0o644)
  expect(() => loadMasterKey({ database: sqlite() })).toThrow(/chmod 600 .*master\.key/)
})

it('makes no new key for a database that was sealed under a lost one', () => {
  const path = join(folder, 'ostiary.db')
  writeFileSync(path, 'rows')
  expect(() => loadMasterKey({ database: { kind: 'sqlite', path } })).toThrow(/restore it/)
  expect(readdirSync(folder)).toEqual(['ostiary.db'])
})

it('names the variable when PostgreSQL has no key', () => {
  expect(() => loadMasterKey({ database: { kind: 'postgres' } })).toThrow(/OSTIARY_MASTER_KEY/)
})
