import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looksLikeSecret, newId, newSecret, newTimedId } from './random.ts'

const COUNT = 10_000
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** How often each bit is set, over all of them. */
function countBits(samples: readonly Buffer[]): number[] {
  const counts = new Array<number>((samples[0]?.length ?? 0) * 8).fill(0)
  for (const sample of samples) {
    sample.forEach((byte, index) => {
      for (let bit = 0; bit < 8; bit++) {
        const at = index * 8 + bit
        counts[at] = (counts[at] ?? 0) + ((byte >> bit) & 1)
      }
    })
  }
  return counts
}

function expectFairBits(samples: readonly Buffer[]) {
  // A fair bit is set in half of the samples; one that strays by five standard deviations is not fair.
  const allowed = 5 * Math.sqrt(samples.length / 4)
  for (const count of countBits(samples)) {
    expect(Math.abs(count - samples.length / 2)).toBeLessThan(allowed)
  }
}

describe('newSecret', () => {
  it('B8, RFC 6749 §10.10: carries 256 fair bits, and none comes twice', () => {
    const secrets = Array.from({ length: COUNT }, () => newSecret('ost_rt'))
    expect(new Set(secrets).size).toBe(COUNT)
    const randomParts = secrets.map((secret) => {
      const [, random = ''] =
        /^ost_rt_[0-9a-z]{8}([A-Za-z0-9_-]{43})[A-Za-z0-9_-]{6}$/.exec(secret) ?? []
      return Buffer.from(random, 'base64url')
    })
    for (const { length } of randomParts) expect(length * 8).toBe(256)
    expectFairBits(randomParts)
  })

  it('is recognised as what it is, and as nothing else', () => {
    const secret = newSecret('ost_at')
    expect(looksLikeSecret('ost_at', secret)).toBe(true)
    for (const prefix of ['ost_rt', 'ost_ac', 'ost_cs', 'ost_ss', 'ost_ak', 'ost_uc'] as const) {
      expect(looksLikeSecret(prefix, secret)).toBe(false)
      expect(looksLikeSecret(prefix, secret.replace('ost_at', prefix))).toBe(false)
    }
  })
})

describe('newTimedId', () => {
  it('begins with the time and has 80 fair bits', () => {
    const ids = Array.from({ length: COUNT }, () => newTimedId())
    expect(new Set(ids).size).toBe(COUNT)
    const random = ids.map((id) => {
      expect(id).toMatch(/^[0-9a-f]{32}$/)
      expect(Math.abs(Number.parseInt(id.slice(0, 12), 16) - Date.now())).toBeLessThan(60_000)
      return Buffer.from(id.slice(12), 'hex')
    })
    expectFairBits(random)
  })
})

describe('looksLikeSecret', () => {
  it('notices a mistyped character, wherever it is', () => {
    const secret = newSecret('ost_cs')
    fc.assert(
      fc.property(fc.nat(secret.length - 1), fc.constantFrom(...BASE64URL), (at, letter) => {
        fc.pre(secret[at] !== letter)
        const mistyped = secret.slice(0, at) + letter + secret.slice(at + 1)
        expect(looksLikeSecret('ost_cs', mistyped)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('notices two characters that were swapped, and one that is missing', () => {
    const secret = newSecret('ost_cs')
    for (let at = 0; at < secret.length - 1; at++) {
      const [before, one = '', other = '', after] = [
        secret.slice(0, at),
        secret[at],
        secret[at + 1],
        secret.slice(at + 2),
      ]
      if (one !== other) {
        expect(looksLikeSecret('ost_cs', before + other + one + after)).toBe(false)
      }
      expect(looksLikeSecret('ost_cs', before + other + after)).toBe(false)
    }
  })

  it.each(['', 'ost_cs', 'ost_cs_', 'ost_cs_AAAAAA', '\0', `ost_cs_${'A'.repeat(49)}`])(
    'takes %j for none',
    (text) => {
      expect(looksLikeSecret('ost_cs', text)).toBe(false)
    },
  )
})

describe('in the form that a contract lays down', () => {
  it('B8: hexadecimal ones have as many digits as bytes ask for, in one case', () => {
    const bytes = fc.integer({ min: 8, max: 48 })
    fc.assert(
      fc.property(bytes, fc.boolean(), (count, upperCase) => {
        const format = { kind: 'hex', bytes: count, upperCase } as const
        const digits = upperCase ? /^[0-9A-F]+$/ : /^[0-9a-f]+$/
        for (const made of [newId(format), newSecret('ost_at', format)]) {
          expect(made).toMatch(digits)
          expect(made).toHaveLength(2 * count)
        }
      }),
    )
  })

  it('B8: a hexadecimal secret carries fair bits, and none comes twice', () => {
    const format = { kind: 'hex', bytes: 32 } as const
    const secrets = Array.from({ length: COUNT }, () => newSecret('ost_rt', format))
    expect(new Set(secrets).size).toBe(COUNT)
    expectFairBits(secrets.map((secret) => Buffer.from(secret, 'hex')))
  })

  it('a prefixed secret is the usual one', () => {
    expect(looksLikeSecret('ost_ak', newSecret('ost_ak', { kind: 'prefixed' }))).toBe(true)
  })

  it('B8: decimal ids have their number of digits, and no zero in front', () => {
    const digits = fc.integer({ min: 1, max: 18 })
    fc.assert(
      fc.property(digits, (count) => {
        const id = newId({ kind: 'decimal', digits: count })
        expect(id).toMatch(/^[1-9][0-9]*$/)
        expect(id).toHaveLength(count)
      }),
    )
  })

  it('B8: decimal ids are spread over their whole range', () => {
    const ids = Array.from({ length: COUNT }, () => newId({ kind: 'decimal', digits: 12 }))
    expect(new Set(ids).size).toBe(COUNT)
    const firsts = ids.map((id) => Number(id[0]))
    for (let digit = 1; digit <= 9; digit++) {
      const share = firsts.filter((first) => first === digit).length
      // One in nine, and not further off than five standard deviations.
      expect(Math.abs(share - COUNT / 9)).toBeLessThan(5 * Math.sqrt((COUNT * 8) / 81))
    }
  })
})

describe('newId', () => {
  it('B8: carries 128 fair bits, and none comes twice', () => {
    const ids = Array.from({ length: COUNT }, () => newId())
    expect(new Set(ids).size).toBe(COUNT)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expectFairBits(ids.map((id) => Buffer.from(id, 'hex')))
  })
})
