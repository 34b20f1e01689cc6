import { expect, test } from 'vitest'
import { createLruMap } from '../src/lru-map.ts'

test('forgets what was used longest ago, and never grows beyond its capacity', () => {
  const map = createLruMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect(map.get('b')).toBeUndefined()
  expect(map.get('a')).toBe(1)
  expect(map.get('c')).toBe(3)
  expect(map.size).toBe(2)
})

test('replaces a value without forgetting another', () => {
  const map = createLruMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  expect([map.get('a'), map.get('b')]).toEqual([3, 2])
})

test('with no capacity remembers nothing', () => {
  const map = createLruMap<number>(0)
  map.set('a', 1)
  expect(map.get('a')).toBeUndefined()
  expect(map.size).toBe(0)
})
