import { expect, it } from 'vitest'
import { createGuessingWorld } from '../../test/support/guessing.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { findKnownCaller, rememberCaller } from './known-callers.ts'

const SOURCE = '192.0.2.1'

it('D7: who has proven to be somebody is known there, from that source alone', async () => {
  const deps = { ...createGuessingWorld(), tenant: MAIN_TENANT }
  await (await findKnownCaller('ada', SOURCE, deps)).remember()
  expect((await findKnownCaller('ada', SOURCE, deps)).known).toBe(true)
  expect((await findKnownCaller('bob', SOURCE, deps)).known).toBe(false)
  expect((await findKnownCaller('ada', '192.0.2.2', deps)).known).toBe(false)
})

it('D7: nobody is known as an account that there is not', async () => {
  const deps = { ...createGuessingWorld(), tenant: MAIN_TENANT }
  await (await findKnownCaller(undefined, SOURCE, deps)).remember()
  await rememberCaller('', SOURCE, deps)
  expect((await findKnownCaller(undefined, SOURCE, deps)).known).toBe(false)
})
