// Who may write a copy of a feed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdCopy } from './hold-copy.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostiary-feed-'))
  path = join(folder, 'copy.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a copy has one follower at a time', async () => {
  const release = await holdCopy(path)
  await expect(holdCopy(path)).rejects.toThrow('is followed already')
  const releaseOther = await holdCopy(join(folder, 'other.jsonl'))
  releaseOther()
  release()
  ;(await holdCopy(path))()
})

test('a follower in another process keeps this one out until it is gone, however it ends', async () => {
  const program = `
    const { holdCopy } = await import(${JSON.stringify(new URL('./hold-copy.ts', import.meta.url).href)})
    await holdCopy(${JSON.stringify(path)})
    console.log('held')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
  try {
    await once(child.stdout, 'data')
    await expect(holdCopy(path)).rejects.toThrow('is followed already')
  } finally {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  ;(await holdCopy(path))()
})

test('says what is wrong with the place', async () => {
  await expect(holdCopy(join(folder, 'nowhere', 'copy.jsonl'))).rejects.toThrow('cannot be opened')
})
