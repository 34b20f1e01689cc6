import { describe, expect, it } from 'vitest'
import { cursorOf, isKeyNumber, isKeyText } from './cursor.ts'

const CURSOR = cursorOf<{ age: number; id: string }>({ age: isKeyNumber, id: isKeyText })

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('the place in a list', () => {
  it('comes back as it went, safe in a URL', () => {
    for (const id of ['', 'a', 'ü/+?&=', '𝒳']) {
      const text = CURSOR.format({ age: 1_900_000_000, id })
      expect(text).toMatch(/^[\w-]+$/)
      expect(CURSOR.parse(text)).toEqual({ age: 1_900_000_000, id })
    }
  })

  it('is the start where it says nothing that a database could compare', () => {
    const wrong = [
      ...[null, 1, 'x', {}, [], [1], ['1', 'a'], [1, 2], [1, null], [1, 'a', 'b'], [1.5, 'a']],
      ...[
        [1e300, 'a'],
        [1, '\0'],
        [1, '\ud800'],
      ],
    ]
    for (const value of wrong) expect(CURSOR.parse(encode(value)), String(value)).toBeUndefined()
    for (const text of ['', '!', 'a', '%00']) expect(CURSOR.parse(text)).toBeUndefined()
    expect(CURSOR.parse(undefined)).toBeUndefined()
  })
})
