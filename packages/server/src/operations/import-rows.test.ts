// Proves what counts as a flag: JSON has true and false, spreadsheets have a word for them in each language.

import { describe, expect, it } from 'vitest'
import { readValues } from './import-rows.ts'

const COLUMNS = { first_party: 'flag' } as const

const read = (value: unknown) =>
  readValues({ line: 1, values: { first_party: value } }, COLUMNS).values.first_party

describe('a flag', () => {
  it.each([true, 'true', 'TRUE', 'WAHR', 'WAAR', 'VRAI'])('is true as %j', (value) => {
    expect(read(value)).toBe(true)
  })

  it.each([false, 'false', 'FALSE', 'FALSCH', 'ONWAAR', 'FAUX'])('is false as %j', (value) => {
    expect(read(value)).toBe(false)
  })

  it.each(['yes', '1', 1, 0, 'truely'])('is neither as %j', (value) => {
    expect(read(value)).toBeUndefined()
  })
})
