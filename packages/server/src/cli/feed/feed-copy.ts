// A copy of an issuer's feed of revocations, in a file: one line of JSON for each page that was read. Each line is on the
// disk before the next page is asked for, and whatever a crash leaves half-written at the end is read again.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { MAX_ACCESS_TOKEN_SECONDS } from '../../protocol/token-lifetime.ts'
import { UsageError } from '../failure.ts'
import { readNamedFile } from '../places.ts'
import { type FeedPage, isFeedPage } from './feed-page.ts'

/** A page, and what was known when it was read. */
export interface CopiedPage extends FeedPage {
  readonly issuer: string
  readonly readAtSeconds: number
  /** Every line of this epoch with a higher number was read: none had left the feed before. */
  readonly completeAfter: number
}

export interface FeedCopy {
  /** What was read last; undefined in a new file. */
  last(): CopiedPage | undefined
  append(page: FeedPage, readAtSeconds: number): void
  /** Forgets what was read before that moment, as far as it tells of nothing that is needed. */
  forgetBefore(seconds: number): void
}

/** Says that it is still there, when there is nothing new: how old the copy is must be known on the day of the fire. */
const HEARTBEAT_SECONDS = 60

/** @throws UsageError when the file is something else, or the copy of another feed */
export function readFeedCopy(path: string, issuer: string): ReturnType<typeof readPages> {
  const { pages, intactBytes } = existsSync(path) ? readPages(path) : { pages: [], intactBytes: 0 }
  const stranger = pages.find((page) => page.issuer !== issuer)
  if (stranger) {
    throw new UsageError(
      `${path} is a copy of the feed of ${stranger.issuer}\n→ name another file for ${issuer}: each issuer has its own`,
    )
  }
  return { pages, intactBytes }
}

/** @throws UsageError when the file is something else, or the copy of another feed */
export function openFeedCopy(path: string, issuer: string): FeedCopy {
  let { pages, intactBytes } = readFeedCopy(path, issuer)
  if (existsSync(path)) truncateSync(path, intactBytes)
  return {
    last: () => pages.at(-1),
    append(page, readAtSeconds) {
      const last = pages.at(-1)
      if (
        last &&
        isNothingNew(page, last) &&
        readAtSeconds < last.readAtSeconds + HEARTBEAT_SECONDS
      )
        return
      const copied = { ...page, issuer, readAtSeconds, completeAfter: findCompleteAfter() }
      writeDurably(path, 'a', [copied])
      pages.push(copied)

      function findCompleteAfter(): number {
        // Lines may have left the feed while nobody looked.
        const isGap = !last || readAtSeconds - last.readAtSeconds >= MAX_ACCESS_TOKEN_SECONDS
        if (isGap) return page.lastSequence
        return last.epoch === page.epoch ? last.completeAfter : 0
      }
    },
    forgetBefore(seconds) {
      const kept = keepSince(seconds, pages)
      if (kept.length === pages.length) return
      writeDurably(`${path}.new`, 'w', kept)
      renameSync(`${path}.new`, path)
      flush(dirname(path))
      pages = kept
    },
  }
}

function isNothingNew(page: FeedPage, last: CopiedPage): boolean {
  return (
    page.revocations.length === 0 &&
    page.epoch === last.epoch &&
    page.lastSequence === last.lastSequence
  )
}

/** What says that nothing was new goes at once; of every epoch the last word stays. */
function keepSince(seconds: number, pages: readonly CopiedPage[]): CopiedPage[] {
  const lastOf = new Map(pages.map((page) => [page.epoch, page]))
  const forgotten = new Map<string, number>()
  const kept: CopiedPage[] = []
  for (const page of pages) {
    const isOver = page.readAtSeconds < seconds
    const isLast = lastOf.get(page.epoch) === page
    if (isOver && page.revocations.length > 0) forgotten.set(page.epoch, page.sequence)
    if (isLast && isOver) kept.push({ ...page, revocations: [] })
    else if (isLast || (!isOver && page.revocations.length > 0)) kept.push(page)
  }
  return kept.map((page) => ({
    ...page,
    completeAfter: Math.max(page.completeAfter, forgotten.get(page.epoch) ?? 0),
  }))
}

/**
 * @throws UsageError when a line is none of ours, unless it is the last: that one may be half-written. In a file without
 * any whole page even that one must begin as a page does, since it is cut off and the file may be somebody's letter.
 */
export function readPages(path: string): { pages: CopiedPage[]; intactBytes: number } {
  const lines = readNamedFile(path).split('\n')
  const pages: CopiedPage[] = []
  let intactBytes = 0
  for (const [index, line] of lines.entries()) {
    const page = parsePage(line)
    // Behind the last end of a line stands nothing, or what could not be finished.
    const isLast = index >= lines.length - 2
    const isOurs = isLast && (pages.length > 0 || beginsAsPage(line))
    if (page === undefined && !isOurs) {
      throw new UsageError(
        `${path}, line ${index + 1}: this is no page of a feed\n→ keep the file as it is for a look at it, and name another one`,
      )
    }
    if (page === undefined || index === lines.length - 1) break
    pages.push(page)
    intactBytes += Buffer.byteLength(line) + 1
  }
  return { pages, intactBytes }
}

/** A power cut may leave zeros where the disk had not written yet. */
function beginsAsPage(line: string): boolean {
  const text = line.replace(/\0+$/, '')
  return text.startsWith(PAGE_BEGINS) || PAGE_BEGINS.startsWith(text)
}

const PAGE_BEGINS = '{"epoch":"'

function parsePage(line: string): CopiedPage | undefined {
  try {
    const page: unknown = JSON.parse(line)
    return isCopiedPage(page) ? page : undefined
  } catch {
    return undefined
  }
}

function isCopiedPage(page: unknown): page is CopiedPage {
  return (
    isFeedPage(page) &&
    'issuer' in page &&
    typeof page.issuer === 'string' &&
    'readAtSeconds' in page &&
    typeof page.readAtSeconds === 'number' &&
    'completeAfter' in page &&
    typeof page.completeAfter === 'number'
  )
}

function writeDurably(path: string, flags: 'a' | 'w', pages: readonly CopiedPage[]): void {
  if (flags === 'w') rmSync(path, { force: true })
  const isNew = !existsSync(path)
  const file = openSync(path, flags, 0o600)
  try {
    writeSync(file, pages.map((page) => `${JSON.stringify(page)}\n`).join(''))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  if (isNew) flush(dirname(path))
}

function flush(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}
