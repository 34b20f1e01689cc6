import { expect, it } from 'vitest'
import { createGuessingWorld } from '../../test/support/guessing.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { eventIfSpent, noteFailedCheck } from './failed-checks.ts'

function setUp() {
  const world = createGuessingWorld()
  const lines: [object, string][] = []
  const write = (fields: object, message: string) => void lines.push([fields, message])
  const log = { info: write, warn: write, error: write }
  const note = (target: string, source = '192.0.2.1', spent: readonly string[] = []) =>
    noteFailedCheck({ target, source, spent, log }, { tenant: MAIN_TENANT, ...world })
  const eventOf = (target: string, source: string) =>
    eventIfSpent(
      { action: 'sign_in.locked', target, source, requestId: 'r' },
      { tenant: MAIN_TENANT, ...world },
    )
  return { ...world, lines, note, eventOf }
}

it('security L6: a line names address, tenant and a digest of the account', () => {
  const { lines, note } = setUp()
  note('username:ada')
  const account = expect.stringMatching(/^[\w-]{16}$/)
  expect(lines).toEqual([
    [{ tenant: 'main', address: '192.0.2.1', account }, 'a check of credentials failed'],
  ])
  expect(JSON.stringify(lines)).not.toContain('ada')
})

it('security L6: a flood is three hundred lines a minute, and one that counts the rest', () => {
  const { lines, note, clock } = setUp()
  for (let turn = 0; turn < 400; turn += 1) note(`username:${turn}`)
  expect(lines).toHaveLength(300)
  clock.advance(60)
  note('username:ada')
  expect(lines[300]).toEqual([
    { tenant: 'main', left: 100 },
    'more checks of credentials failed than are logged singly',
  ])
  expect(lines).toHaveLength(302)
})

it('ruling 11: an event names account and source by a slot, which differs for either', () => {
  const { eventOf } = setUp()
  const event = eventOf('username:ada', '192.0.2.1')
  expect(event.record).toMatchObject({ action: 'sign_in.locked', target: 'username:ada' })
  expect(eventOf('username:ada', '192.0.2.1').slot).toBe(event.slot)
  expect(eventOf('username:bob', '192.0.2.1').slot).not.toBe(event.slot)
  expect(eventOf('username:ada', '192.0.2.2').slot).not.toBe(event.slot)
})
