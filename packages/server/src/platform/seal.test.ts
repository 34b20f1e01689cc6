import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sealer, sealerFromSecret } from './seal.ts'

const text = fc.string({ unit: 'binary', maxLength: 200 })
const sealer = new Sealer(randomBytes(32))

describe('Sealer', () => {
  it('opens what it sealed, for the same context', () => {
    fc.assert(
      fc.property(text, text, (plain, context) => {
        expect(sealer.open(sealer.seal(plain, context), context)).toBe(plain)
      }),
    )
  })

  it('field 19: packs what travels in an address, and opens it only as that', () => {
    fc.assert(
      fc.property(text, text, (plain, context) => {
        expect(sealer.openPacked(sealer.sealPacked(plain, context), context)).toBe(plain)
      }),
    )
    const request = 'redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&'.repeat(40)
    expect(sealer.sealPacked(request).length).toBeLessThan(request.length / 4)
    expect(sealer.openPacked(sealer.sealPacked('plain', 'a'), 'b')).toBeUndefined()
  })

  it('R11: opens nothing in which a character was changed, added or left out', () => {
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const letters = fc.string({
      unit: fc.constantFrom(...base64url, '=', '.', ' ', '\n', '+', '/'),
      maxLength: 3,
    })
    fc.assert(
      fc.property(text, fc.nat(), letters, fc.nat(2), (plain, position, inserted, removed) => {
        const sealed = sealer.seal(plain)
        const at = position % (sealed.length + 1)
        const changed = sealed.slice(0, at) + inserted + sealed.slice(at + removed)
        fc.pre(changed !== sealed)
        expect(sealer.open(changed)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('R11: opens nothing in which a bit was flipped', () => {
    const sealed = Buffer.from(sealer.seal('plain'), 'base64url')
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Buffer.from(sealed)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(sealer.open(flipped.toString('base64url'))).toBeUndefined()
    }
  })

  it.each(['', 'x', 'A'.repeat(37), 'A'.repeat(38), 'A'.repeat(1000), '\0', 'é'])(
    'opens no %j, which nobody sealed',
    (sealed) => {
      expect(sealer.open(sealed)).toBeUndefined()
    },
  )

  it('R11: opens nothing of another key, purpose or context', () => {
    const pages = sealer.for('pages of main')
    const sealed = pages.seal('plain', 'interaction')
    const others = [new Sealer(randomBytes(32)), sealer, sealer.for('pages of other')]
    expect(pages.open(sealed, 'interaction')).toBe('plain')
    expect(pages.open(sealed, 'sign-out')).toBeUndefined()
    expect(pages.open(sealed)).toBeUndefined()
    for (const other of others) expect(other.open(sealed, 'interaction')).toBeUndefined()
  })

  it('never seals the same twice alike', () => {
    const sealed = Array.from({ length: 1000 }, () => sealer.seal('plain'))
    expect(new Set(sealed.map((text) => text.slice(0, 16))).size).toBe(1000)
  })

  it('takes keys of 32 bytes only', () => {
    expect(() => new Sealer(randomBytes(16))).toThrow(/32 bytes/)
    expect(() => new Sealer(randomBytes(33))).toThrow(/32 bytes/)
  })
})

describe('sealerFromSecret', () => {
  it('R11: opens again with the same secret and purpose, and with no other', () => {
    const sealed = sealerFromSecret('secret', 'answer').seal('plain')
    expect(sealerFromSecret('secret', 'answer').open(sealed)).toBe('plain')
    expect(sealerFromSecret('Secret', 'answer').open(sealed)).toBeUndefined()
    expect(sealerFromSecret('secret', 'question').open(sealed)).toBeUndefined()
  })
})
