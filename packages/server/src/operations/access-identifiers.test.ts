import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createTestContext, problemsOf } from '../../test/support/operation-context.ts'
import { digestOfWeakCode } from '../identity/access-identifiers.ts'
import { sha256 } from '../platform/hash.ts'
import { Sealer } from '../platform/seal.ts'
import {
  addAuthenticationCode,
  addIdentifier,
  linkIdentity,
  listAccessIdentifiers,
  removeAccessIdentifier,
} from './access-identifiers.ts'
import { createUser } from './users.ts'

describe('what stands for a user', () => {
  async function contextWithAda() {
    const context = await createTestContext()
    await createUser({ username: 'ada', name: 'Ada', password: 'seven sober seals' }, context)
    return context
  }
  const ada = { username: 'ada' }

  it('is kept as hashes, and stands for one user only', async () => {
    const context = await contextWithAda()
    const { code, identifier } = await addAuthenticationCode(ada, context)
    const named = { ...ada, identifier: ' Card-4711 ', passCode: '739182' }
    await addIdentifier(named, context)
    const records = await context.store.listAccessIdentifiers(
      ...([context.tenant.name, identifier.userId] as const),
    )
    for (const secret of [code, 'Card-4711', 'card-4711', '739182']) {
      expect(JSON.stringify(records)).not.toContain(secret)
    }
    expect(await problemsOf(addAuthenticationCode({ ...ada, code }, context))).toMatchObject([
      { field: 'code' },
    ])
    const again = { ...named, identifier: 'CARD-4711' }
    expect(await problemsOf(addIdentifier(again, context))).toMatchObject([{ field: 'identifier' }])
  })

  it('ASVS 6.5.2: a code that could be guessed is found by a keyed digest, and kept as argon2id', async () => {
    const context = await contextWithAda()
    const code = 'p_kestora1!'
    const { identifier } = await addAuthenticationCode({ ...ada, code }, context)
    const long = await addAuthenticationCode({ ...ada, code: 'x'.repeat(16) }, context)
    expect([identifier.weak, identifier.hint, long.identifier.weak]).toEqual([true, '', false])
    const { tenant, store } = context
    const stored = await store.listAccessIdentifiers(tenant.name, identifier.userId)
    const { hash, passCodeHash } = stored.find(({ id }) => id === identifier.id) ?? {}
    expect(passCodeHash).toMatch(/^\$argon2id\$/)
    // Whoever has a copy of the database can try codes against neither, with no key.
    const other = digestOfWeakCode(code, new Sealer(randomBytes(32)))
    expect([sha256(code), other]).not.toContain(hash)
    expect(hash).toBe(digestOfWeakCode(code, context.codeSealer))
    expect(stored.find(({ id }) => id === long.identifier.id)?.passCodeHash).toBeNull()
  })

  it.each([
    ['a code of 7 characters', { code: 'x'.repeat(7) }, 'code'],
    ['a code of 257 characters', { code: 'x'.repeat(257) }, 'code'],
  ])('refuses %s', async (_what, input, field) => {
    const context = await contextWithAda()
    const problems = problemsOf(addAuthenticationCode({ ...ada, ...input }, context))
    expect(await problems).toMatchObject([{ field }])
  })

  it('says everything that is wrong with an identifier', async () => {
    const context = await contextWithAda()
    const problems = await problemsOf(
      addIdentifier({ ...ada, identifier: ' ', passCode: '123' }, context),
    )
    expect(problems).toMatchObject([{ field: 'identifier' }, { field: 'passCode' }])
  })

  it('needs a user and an issuer that are there', async () => {
    const context = await contextWithAda()
    const link = { ...ada, issuer: 'https://id.example', subject: 's' }
    expect(await problemsOf(linkIdentity(link, context))).toMatchObject([{ field: 'issuer' }])
    expect(await problemsOf(addAuthenticationCode({ username: 'bo' }, context))).toMatchObject([
      { field: 'username' },
    ])
    const { identifier } = await addAuthenticationCode(ada, context)
    await removeAccessIdentifier({ identifierId: identifier.id }, context)
    expect(await Array.fromAsync(listAccessIdentifiers(ada, context))).toEqual([])
    const again = removeAccessIdentifier({ identifierId: identifier.id }, context)
    expect(await problemsOf(again)).toMatchObject([{ field: 'identifier' }])
  })
})
