// The copy of a feed: what a crash leaves of it, what it forgets, and for which backup it is good.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFeedCopy, readPages } from './feed-copy.ts'
import { readLaterRevocations } from './later-revocations.ts'

const ISSUER = 'https://issuer.example'
const DAY = 86_400
const NOW = 1_800_000_000

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostiary-feed-'))
  path = join(folder, 'copy.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

const line = (id: string) => ({ kind: 'grant', id, issued_until: NOW, expires_at: NOW + DAY })

const pageOf = (epoch: string, sequence: number, ids: readonly string[]) => ({
  ...{ epoch, sequence, lastSequence: sequence },
  revocations: ids.map(line),
})

const later = (epoch: string, lastSequence: number) =>
  readLaterRevocations(path, {
    epoch,
    lastSequenceOf: (issuer) => (issuer === ISSUER ? lastSequence : undefined),
  })

describe('a copy of a feed', () => {
  test('goes on where it was, for its owner only', () => {
    openFeedCopy(path, ISSUER).append(pageOf('one', 2, ['a', 'b']), NOW)
    const copy = openFeedCopy(path, ISSUER)
    expect(copy.last()).toMatchObject({ epoch: 'one', sequence: 2, issuer: ISSUER })
    copy.append(pageOf('one', 3, ['c']), NOW + 1)
    expect(readPages(path).pages).toHaveLength(2)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['half a line', '{"epoch":"one","seq'],
    ['half a line with an end', '{"epoch":"one","seq\n'],
    ['nothing but zeroes', '\0\0\0\0\0\0'],
    ['half a character', Buffer.from([0x22, 0xc3])],
  ])('reads again what a crash left half-written: %s', (_what, rest) => {
    openFeedCopy(path, ISSUER).append(pageOf('one', 2, ['a']), NOW)
    const intact = readFileSync(path, 'utf8')
    appendFileSync(path, rest)
    const copy = openFeedCopy(path, ISSUER)
    expect(readFileSync(path, 'utf8')).toBe(intact)
    copy.append(pageOf('one', 3, ['b']), NOW)
    expect([...later('one', 0 + 2).ids]).toEqual(['b'])
  })

  test('is not guessed at when a line in its midst is broken, or it is of another issuer', () => {
    const copy = openFeedCopy(path, ISSUER)
    copy.append(pageOf('one', 2, ['a']), NOW)
    const intact = readFileSync(path, 'utf8')
    writeFileSync(path, `{"epoch":\n${intact}${intact}`)
    expect(() => openFeedCopy(path, ISSUER)).toThrow('line 1')
    writeFileSync(path, intact)
    expect(() => openFeedCopy(path, 'https://other.example')).toThrow('name another file')
  })

  test('says once a minute that it is still there', () => {
    const copy = openFeedCopy(path, ISSUER)
    for (let second = 0; second <= 120; second++) copy.append(pageOf('one', 2, []), NOW + second)
    expect(readPages(path).pages.map(({ readAtSeconds }) => readAtSeconds - NOW)).toEqual([
      0, 60, 120,
    ])
  })

  test('forgets what is old, and knows that it did', () => {
    const copy = openFeedCopy(path, ISSUER)
    copy.append(pageOf('one', 0, []), NOW)
    copy.append(pageOf('one', 2, ['a']), NOW + 10)
    copy.append(pageOf('one', 5, ['b']), NOW + DAY / 2)
    copy.append(pageOf('one', 6, ['c']), NOW + DAY)
    expect([...later('one', 1).ids]).toEqual(['a', 'b', 'c'])
    copy.forgetBefore(NOW + DAY / 2)
    expect(() => later('one', 1)).toThrow('begins after the backup')
    expect([...later('one', 2).ids]).toEqual(['b', 'c'])
    copy.forgetBefore(NOW + 2 * DAY)
    expect(copy.last()).toMatchObject({ epoch: 'one', sequence: 6, completeAfter: 6 })
    expect(openFeedCopy(path, ISSUER).last()).toEqual(copy.last())
  })
})

describe('for a backup', () => {
  test('tells what came after it, through restores and their new epochs', () => {
    const copy = openFeedCopy(path, ISSUER)
    copy.append(pageOf('one', 3, []), NOW)
    copy.append(pageOf('one', 4, ['a']), NOW + 10)
    copy.append(pageOf('one', 5, ['b']), NOW + 20)
    copy.append(pageOf('two', 1_000_005, ['tenant']), NOW + 30)
    copy.append(pageOf('two', 1_000_006, ['c']), NOW + 40)
    copy.append(pageOf('three', 2_000_006, []), NOW + 50)
    const found = later('one', 4)
    expect([...found.ids]).toEqual(['b', 'tenant', 'c'])
    expect(found).toMatchObject({ lastSequence: 2_000_006, lastReadAtSeconds: NOW + 50 })
    expect([...later('two', 1_000_005).ids]).toEqual(['c'])
  })

  test('is refused when it cannot tell: begun later, ended earlier, with a gap, of another database', () => {
    const copy = openFeedCopy(path, ISSUER)
    copy.append(pageOf('one', 3, ['a']), NOW)
    expect(() => later('one', 2)).toThrow('begins after the backup')
    expect(() => later('one', 4)).toThrow('ends before the backup')
    expect(() => later('two', 3)).toThrow('not of the database')
    expect(later('one', 3).ids.size).toBe(0)
    // Nobody looked for longer than a line stays in the feed.
    copy.append(pageOf('one', 9, ['i']), NOW + DAY)
    expect(() => later('one', 3)).toThrow('has a gap')
    expect(later('one', 9).ids.size).toBe(0)
    copy.append(pageOf('two', 12, ['k']), NOW + 3 * DAY)
    expect(() => later('one', 9)).toThrow('has a gap')
  })

  test('says to choose otherwise when it is empty, or of a tenant that is not configured', () => {
    writeFileSync(path, '')
    expect(() => later('one', 3)).toThrow('is empty')
    openFeedCopy(path, ISSUER).append(pageOf('one', 3, []), NOW)
    const backup = { epoch: 'one', lastSequenceOf: () => undefined }
    expect(() => readLaterRevocations(path, backup)).toThrow('not configured')
  })
})
