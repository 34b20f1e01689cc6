import { availableParallelism } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OAuthError } from '../protocol/errors.ts'
import { hashPassword, verifyPassword } from './passwords.ts'

/** "password", hashed with a quarter MiB by the reference implementation of Argon2: quick, and too weak to keep. */
const REFERENCE =
  '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

/** Of other implementations: PHP, and argon2-cffi with parameters above and as of today. */
const BCRYPT = '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'
const STRONGER = '$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG'
const DECOMPOSED = 'Zoe\u0308, seven sober seals'
const FOREIGN =
  '$argon2id$v=19$m=19456,t=2,p=1$ru6PUxFx7BswjxenIhXJtg$Izaha8eTVEnLqrOqOoIqRYX9obMF0pG+3OPsT5R465U'

const isCorrect = async (password: string, phc: string) =>
  (await verifyPassword(password, phc)).correct

describe('hashPassword', () => {
  it('keeps argon2id with 19 MiB, two passes and a salt of its own', async () => {
    const hashes = await Promise.all([hashPassword('same'), hashPassword('same')])
    for (const hash of hashes) {
      expect(hash).toMatch(
        /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
      )
      expect(await verifyPassword('same', hash)).toEqual({ correct: true, outdated: false })
    }
    expect(hashes[0]).not.toBe(hashes[1])
  })

  it('D8: looks at the whole of a long password', async () => {
    const longest = 'é'.repeat(256)
    const hash = await hashPassword(longest)
    expect(await isCorrect(longest, hash)).toBe(true)
    expect(await isCorrect(`${longest.slice(0, -1)}e`, hash)).toBe(false)
    expect(await isCorrect(longest.slice(0, -1), hash)).toBe(false)
  })

  it('E13: takes a password however its letters were composed', async () => {
    const hash = await hashPassword('Zo\u00eb Ａ ﬁ')
    expect(await isCorrect('Zoe\u0308 A fi', hash)).toBe(true)
    expect(await isCorrect('Zoe A fi', hash)).toBe(false)
  })
})

describe('verifyPassword', () => {
  it('imports C2: a blank is never right, even where its hash was brought along', async () => {
    for (const blank of ['', ' ', '\u3000']) {
      expect(await verifyPassword(blank, await hashPassword(blank))).toMatchObject({
        correct: false,
      })
    }
  })

  it('takes hashes of other implementations, and says that a weak one is outdated', async () => {
    expect(await verifyPassword('password', REFERENCE)).toEqual({ correct: true, outdated: true })
  })

  it('takes no other password', async () => {
    const similar = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.mixedCase(fc.constant('password')),
      fc.constantFrom('password\0', ' password', 'password ', 'passwor', ''),
    )
    await fc.assert(
      fc.asyncProperty(similar, async (password) => {
        fc.pre(password !== 'password')
        expect(await isCorrect(password, REFERENCE)).toBe(false)
      }),
    )
  })

  it('D6: says no where there is no user, after as much work', async () => {
    const hash = await hashPassword('password')
    const present = await fastestMs(() => verifyPassword('wrong', hash))
    const absent = await fastestMs(() => verifyPassword('wrong', null))
    expect(await verifyPassword('wrong', null)).toMatchObject({ correct: false })
    expect(absent).toBeGreaterThan(present / 4)
  })

  it('ASVS 11.4.2: says that every hash but one of today is outdated', async () => {
    expect(await verifyPassword('rasmuslerdorf', BCRYPT)).toEqual({ correct: true, outdated: true })
    expect((await verifyPassword('password', STRONGER)).outdated).toBe(true)
  })

  it('E13: tries what was typed, then its NFKC form, and keeps the latter from then on', async () => {
    expect(await verifyPassword(DECOMPOSED, FOREIGN)).toEqual({ correct: true, outdated: true })
    expect(await isCorrect(DECOMPOSED.normalize('NFKC'), FOREIGN)).toBe(false)
    const ours = await hashPassword(DECOMPOSED)
    expect(await verifyPassword(DECOMPOSED, ours)).toEqual({ correct: true, outdated: false })
  })

  it('refuses a stored hash that it cannot read, without repeating it', async () => {
    const refusal = await verifyPassword('password', '$1$salt$secret').catch(
      (error: unknown) => error,
    )
    expect(String(refusal)).toMatch(
      /^Error: a stored password hash is of none of the known formats/,
    )
    expect(String(refusal)).not.toContain('secret')
  })

  it('D8: refuses what would have to wait behind 64 others, and forgets none of those', async () => {
    const accepted = Math.max(1, availableParallelism() - 1) + 64
    const outcomes = await Promise.all(
      Array.from({ length: accepted + 20 }, () =>
        isCorrect('password', REFERENCE).catch((error: unknown) => error),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === true)).toHaveLength(accepted)
    const refusals = outcomes.filter((outcome) => outcome instanceof OAuthError)
    expect(refusals).toHaveLength(20)
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: 'overloaded', status: 503, retryAfterSeconds: 1 })
    }
  })
})

async function fastestMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now()
    await work()
    times.push(performance.now() - startedAt)
  }
  return Math.min(...times)
}
