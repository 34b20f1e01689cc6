import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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
  expect(() => loadMasterKey({ database: { kind: 'sqlite', path } })).toThrow(/put back the key/)
  expect(readdirSync(folder)).toEqual(['ostiary.db'])
})

it.each([
  ['', 'it is empty'],
  [randomBytes(31).toString('base64'), 'it holds 31 bytes'],
  [randomBytes(33).toString('hex'), 'it holds 33 bytes'],
  [`"${randomBytes(32).toString('base64')}"`, 'it has quotation marks'],
  ['my old key, on a note', 'it has characters that'],
  ['A'.repeat(43), 'its bytes repeat'],
])('says of %j what is wrong, and never to make another beside a database', (text, fault) => {
  const { path } = sqlite()
  mkdirSync(dirname(path))
  const file = masterKeyFile(path)
  writeFileSync(file, text, { mode: 0o600 })
  const complaint = () => {
    try {
      loadMasterKey({ database: sqlite() })
    } catch (error) {
      return String(error)
    }
    return 'none'
  }
  expect(complaint()).toMatch(/master\.key is not 32 random bytes.*make one with `openssl/)
  writeFileSync(path, 'rows')
  expect(complaint()).toContain(fault)
  expect(complaint()).toContain('put back the key that the database was made with')
  expect(complaint()).not.toContain('openssl')
  expect(text === '' || !complaint().includes(text)).toBe(true)
})

it('names the variable when PostgreSQL has no key', () => {
  expect(() => loadMasterKey({ database: { kind: 'postgres' } })).toThrow(/OSTIARY_MASTER_KEY/)
})
