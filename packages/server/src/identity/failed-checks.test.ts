import { expect, it } from 'vitest'
import { createGuessingWorld } from '../../test/support/guessing.ts'
import { latestEvents } from '../../test/support/latest-events.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { noteFailedCheck } from './failed-checks.ts'

function setUp() {
  const world = createGuessingWorld()
  const lines: [object, string][] = []
  const write = (fields: object, message: string) => void lines.push([fields, message])
  const log = { info: write, warn: write, error: write }
  const note = (target: string, source = '192.0.2.1', spent: readonly string[] = []) =>
    noteFailedCheck(
      { action: 'sign_in.locked', target, source, spent, requestId: 'r', log },
      { tenant: MAIN_TENANT, ...world },
    )
  const events = () => latestEvents(world.store, MAIN_TENANT.name, 1000)
  return { ...world, lines, note, events }
}

it('security L6: a line names address, tenant and a digest of the account', async () => {
  const { lines, note, events } = setUp()
  await note('username:ada')
  const account = expect.stringMatching(/^[\w-]{16}$/)
  expect(lines).toEqual([
    [{ tenant: 'main', address: '192.0.2.1', account }, 'a check of credentials failed'],
  ])
  expect(JSON.stringify(lines)).not.toContain('ada')
  expect(await events()).toEqual([])
})

it('security L6: a flood is three hundred lines a minute, and one that counts the rest', async () => {
  const { lines, note, clock } = setUp()
  for (let turn = 0; turn < 400; turn += 1) await note(`username:${turn}`)
  expect(lines).toHaveLength(300)
  clock.advance(60)
  await note('username:ada')
  expect(lines[300]).toEqual([
    { tenant: 'main', left: 100 },
    'more checks of credentials failed than are logged singly',
  ])
  expect(lines).toHaveLength(302)
})

it('ruling 11: an event for an account and address in a quarter of an hour, and a hundred for a tenant', async () => {
  const { note, events, clock } = setUp()
  for (let turn = 0; turn < 5; turn += 1) await note('username:ada', '192.0.2.1', ['caller'])
  expect(await events()).toHaveLength(1)
  await note('username:ada', '192.0.2.2', ['caller'])
  await note('username:bob', '192.0.2.1', ['caller'])
  expect(await events()).toHaveLength(3)
  for (let turn = 0; turn < 300; turn += 1) await note(`username:${turn}`, '192.0.2.1', ['caller'])
  expect(await events()).toHaveLength(100)
  clock.advance(15 * 60)
  await note('username:ada', '192.0.2.1', ['caller'])
  expect(await events()).toHaveLength(101)
})
