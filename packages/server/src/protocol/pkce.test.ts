import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Challenge, isChallenge, isVerifier, verifierMatches } from './pkce.ts'

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
const verifier = fc.string({
  unit: fc.constantFrom(...UNRESERVED),
  minLength: 43,
  maxLength: 128,
})
const challengeOf = (text: string) => createHash('sha256').update(text).digest('base64url')

describe('RFC 7636 §4.1: a verifier', () => {
  it('A8: has 43 to 128 unreserved characters', () => {
    fc.assert(fc.property(verifier, (text) => isVerifier(text)))
    for (const length of [43, 128]) expect(isVerifier('~'.repeat(length))).toBe(true)
    for (const length of [0, 42, 129]) expect(isVerifier('~'.repeat(length))).toBe(false)
  })

  it.each(['+', '/', '=', '%', '\0', 'é', ' ', '\n', '́', '\u{1f511}'])(
    'A8: holds no %j, in no place',
    (character) => {
      for (const at of [0, 20, 43]) {
        const text = 'a'.repeat(43)
        expect(isVerifier(text.slice(0, at) + character + text.slice(at))).toBe(false)
      }
    },
  )
})

describe('RFC 7636 §4.2: a challenge', () => {
  it.each([
    ['A'.repeat(43), true, true],
    ['A'.repeat(42), false, false],
    ['A'.repeat(44), false, true],
    [`${'A'.repeat(42)}=`, false, false],
    [`${'A'.repeat(42)}~`, false, true],
    [`${'A'.repeat(42)}+`, false, false],
    [`${'A'.repeat(43)}\n`, false, false],
    ['', false, false],
  ])('A8: %j can be one of S256: %s; a plain one: %s', (text, hashed, plain) => {
    expect(isChallenge(text, 'S256')).toBe(hashed)
    expect(isChallenge(text, 'plain')).toBe(plain)
  })
})

describe('a challenge in padded base64', () => {
  it('is the same challenge, also when its plus signs were read as spaces', () => {
    fc.assert(
      fc.property(verifier, (text) => {
        const padded = createHash('sha256').update(text).digest('base64')
        expect(fromBase64Challenge(padded)).toBe(challengeOf(text))
        expect(fromBase64Challenge(padded.replaceAll('+', ' '))).toBe(challengeOf(text))
        expect(fromBase64Challenge(challengeOf(text))).toBe(challengeOf(text))
      }),
    )
  })

  it.each([
    '',
    '=',
    `${'A'.repeat(42)}=`,
    `${'A'.repeat(44)}=`,
    `${'A'.repeat(43)}==`,
    'A'.repeat(44),
    `${'A'.repeat(42)}-=`,
    `${'A'.repeat(43)}=\n`,
  ])('stays what it is when it is none: %j', (text) => {
    expect(fromBase64Challenge(text)).toBe(text)
  })
})

describe('RFC 7636 §4.6: the verifier', () => {
  it('matches the challenge of the example in RFC 7636 §B', () => {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    expect(verifierMatches('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', challenge, 'S256')).toBe(
      true,
    )
  })

  it('A20: matches only the challenge that was made from it', () => {
    const almost = fc.tuple(verifier, fc.nat(127), fc.constantFrom(...UNRESERVED))
    fc.assert(
      fc.property(almost, verifier, ([right, at, letter], other) => {
        const changed = right.slice(0, at) + letter + right.slice(at + 1)
        for (const presented of [right, changed, other, right.slice(1), `${right}~`]) {
          const isRight = presented === right
          expect(verifierMatches(presented, challengeOf(right), 'S256')).toBe(isRight)
          expect(verifierMatches(presented, right, 'plain')).toBe(isRight)
        }
      }),
    )
  })

  it('A7: is not the challenge itself, nor the other way round', () => {
    fc.assert(
      fc.property(verifier, (right) => {
        const challenge = challengeOf(right)
        expect(verifierMatches(challenge, challenge, 'S256')).toBe(false)
        expect(verifierMatches(right, challenge, 'plain')).toBe(false)
        expect(verifierMatches(right, right, 'S256')).toBe(false)
      }),
    )
  })
})
