import { describe, expect, test } from 'vitest'
import { parseFeedPage } from '../src/feed-page.ts'
import { feedLine } from './support/feed-of.ts'

const entry = feedLine('grant', 'x')
const page = { format: 2, epoch: 'e', sequence: 1, last_sequence: 1, revocations: [entry] }

test('a page as the issuer writes it is read', () => {
  expect(parseFeedPage(page)).toMatchObject({
    epoch: 'e',
    sequence: 1,
    lastSequence: 1,
    more: false,
    lines: [{ kind: 'grant', expiresAtSeconds: entry.expires_at }],
  })
})

describe('a page that is malformed is an error, not a page without revocations', () => {
  test.each<[string, unknown]>([
    ['no object', []],
    ['no epoch', { ...page, epoch: undefined }],
    ['an empty epoch', { ...page, epoch: '' }],
    ['no sequence', { ...page, sequence: undefined }],
    ['no last sequence', { ...page, last_sequence: undefined }],
    ['a sequence beyond the last', { ...page, sequence: 2 }],
    ['no list', { ...page, revocations: undefined }],
    ['an entry that is no object', { ...page, revocations: ['x'] }],
    ['an entry of no kind', { ...page, revocations: [{ ...entry, kind: undefined }] }],
    [
      'an entry of a kind of another format',
      { ...page, revocations: [{ ...entry, kind: 'device' }] },
    ],
    ['an entry without id', { ...page, revocations: [{ ...entry, id: undefined }] }],
    ['an entry whose id is no digest', { ...page, revocations: [{ ...entry, id: 'x' }] }],
    ['an entry without time', { ...page, revocations: [{ ...entry, issued_until: 'now' }] }],
    ['an entry without end', { ...page, revocations: [{ ...entry, expires_at: null }] }],
  ])('%s', (_name, document) => {
    expect(() => parseFeedPage(document)).toThrow('The revocation feed')
  })
})
