import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { readAccounts, startSession } from '../identity/sessions.ts'
import { endSession, listSessions } from './sessions.ts'
import { createUser, requireUser } from './users.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
  await createUser({ username: 'ada', name: 'Ada Winter', password: 'seven sober seals' }, context)
})
afterEach(() => context.store.close())

async function signIn(userAgent: string) {
  const user = await requireUser('ada', context)
  const { account } = await startSession(
    { user, present: [], userAgent, address: '192.0.2.1' },
    context,
  )
  return account
}

it('lists where a user is signed in, without what the cookie is checked against', async () => {
  await signIn('Firefox')
  await signIn('Chrome')
  const sessions = await Array.fromAsync(listSessions({ username: 'ada' }, context))
  expect(sessions.map(({ userAgent }) => userAgent).toSorted()).toEqual(['Chrome', 'Firefox'])
  expect(sessions[0]).not.toHaveProperty('hash')
})

it('ends one session and leaves the others', async () => {
  const ended = await signIn('Firefox')
  const kept = await signIn('Chrome')
  await endSession({ username: 'ada', sessionId: ended.session.id }, context)
  expect(await readAccounts(ended.secret, context)).toEqual([])
  expect(await readAccounts(kept.secret, context)).toHaveLength(1)
  expect(await auditTrail(context)).toContain(`test session.ended user:${kept.user.id}`)
})

it("refuses to end a session that is not the user's", async () => {
  await createUser({ username: 'ben', name: 'Ben', password: 'seven sober seals' }, context)
  const { session } = await signIn('Firefox')
  const ending = endSession({ username: 'ben', sessionId: session.id }, context)
  expect(await problemsOf(ending)).toHaveLength(1)
  expect(await Array.fromAsync(listSessions({ username: 'ada' }, context))).toHaveLength(1)
})
