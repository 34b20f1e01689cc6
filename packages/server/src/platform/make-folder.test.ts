import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ostiary-folder-'))
})
afterEach(() => rmSync(root, { recursive: true }))

describe('makeFolder', () => {
  it('makes those above it as well, for the same people, and takes one that is there', () => {
    const path = join(root, 'a', 'b')
    makeFolder(path, 0o700)
    makeFolder(path, 0o700)
    for (const each of [join(root, 'a'), path]) expect(statSync(each).mode & 0o777).toBe(0o700)
  })

  it('says so where a file is in the way', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST')
    expect(() => makeFolder(join(root, 'file', 'below'))).toThrow('EEXIST')
  })

  it('ends where no folder can be made although the one above is there', () => {
    expect(() => makeFolder('/proc/ostiary/below')).toThrow('ENOENT')
  })
})
