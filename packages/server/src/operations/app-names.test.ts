import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldName } from './app-names.ts'

describe('pages H6, security L8: names are the same to the eye', () => {
  test.each([
    ['Ostiary demo', 'OSTIARY DEMO'],
    ['Ostiary demo', 'Ostiary-Demo!'],
    ['Ostiary demo', '\u039Fstiary demo'], // Greek capital omicron
    ['Ostiary demo', 'Osti\u0430ry dem\u043E'], // Cyrillic a and o
    ['Ostiary demo', 'Öṣtíáry dęmö'],
    ['Ostiary demo', 'Ost1ary dem0'],
    ['Ostiary demo', '𝐎𝐬𝐭𝐢𝐚𝐫𝐲 ｄｅｍｏ'],
    ['Ostiary demo', 'Ost\u034Fiary\u2800 demo'],
    // Fillers of Hangul are letters, and show as nothing.
    ['Ostiary demo', 'Ost\u3164iary \u115fde\uffa0mo\u1160'],
    ['modern', 'rnodern'],
    ['PayPal', 'PaypaI'],
  ])('%s, %s', (name, imitation) => {
    expect(foldName(imitation)).toBe(foldName(name))
  })

  test.each([
    ['Pocket CRM', 'Pocket CMR'],
    ['Ledger', 'Ledgers'],
    ['東京', '京都'],
  ])('and %s and %s are not', (name, other) => {
    expect(foldName(other)).not.toBe(foldName(name))
  })

  test.each(['\u2800', '\u3164', '\uffa0', '★ ☆', '…', '\u0301\u0301'])(
    '%j has nothing to read',
    (name) => {
      expect(foldName(name)).toBe('')
    },
  )

  test('a folded name folds to itself, so the order of two names does not matter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const folded = foldName(name)
        expect(foldName(folded)).toBe(folded)
      }),
    )
  })
})
