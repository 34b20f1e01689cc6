import { describe, expect, it, vi } from 'vitest'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { clientRecord, NATIVE_APP, SPA } from '../../test/support/world.ts'
import { MOST_LISTED } from '../store/limits.ts'
import { StoreUnavailableError } from '../store/port.ts'
import type { ClientRecord } from '../store/records.ts'
import { createOriginCheck } from './origins.ts'

function setUp() {
  const clock = createFakeClock()
  const spa = clientRecord(
    SPA,
    { redirectUris: ['https://spa.example/callback', 'http://localhost:8080/callback'] },
    0,
  )
  const native = clientRecord(NATIVE_APP, { redirectUris: ['com.example.app:/callback'] }, 0)
  const listClients = vi.fn<(...input: unknown[]) => Promise<readonly ClientRecord[]>>(async () => [
    spa,
    native,
  ])
  const clientsSequence = vi.fn<() => Promise<number>>(async () => 0)
  const store = { listClients, clientsSequence }
  const isAllowed = createOriginCheck({ tenant: { name: 'main' }, store, clock })
  return { clock, spa, listClients, clientsSequence, isAllowed }
}

describe('E8: the origin of a request', () => {
  it.each(['https://spa.example', 'http://localhost:8080'])('may be %s', async (origin) => {
    expect(await setUp().isAllowed(origin)).toBe(true)
  })

  it('house L4: may be that of an app far down the list', async () => {
    const { spa, listClients, isAllowed } = setUp()
    const others = Array.from({ length: MOST_LISTED }, (_, at) => ({
      ...spa,
      redirectUris: [`https://app-${at}.example/callback`],
    }))
    listClients.mockResolvedValueOnce(others).mockResolvedValueOnce([spa])
    expect(await isAllowed('https://spa.example')).toBe(true)
    expect(await isAllowed('https://app-7.example')).toBe(true)
    expect(listClients).toHaveBeenLastCalledWith('main', {
      limit: MOST_LISTED,
      after: others.at(-1),
    })
  })

  it.each([
    'null',
    '',
    '*',
    'https://spa.example/',
    'https://spa.example.evil.example',
    'https://evil-spa.example',
    'https://evil.example/https://spa.example',
    'https://spa.example:443',
    'https://SPA.example',
    'http://spa.example',
    'http://localhost',
    'http://localhost:8081',
    'com.example.app:',
    'com.example.app://',
  ])('may not be %j', async (origin) => {
    expect(await setUp().isAllowed(origin)).toBe(false)
  })

  it('may not be that of a disabled app', async () => {
    const { listClients, spa, isAllowed } = setUp()
    listClients.mockResolvedValue([{ ...spa, disabledAtSeconds: 1 }])
    expect(await isAllowed('https://spa.example')).toBe(false)
  })

  it('is looked up in a list that is five seconds old at most, forwards and backwards', async () => {
    const { clock, listClients, isAllowed } = setUp()
    expect(await isAllowed('https://spa.example')).toBe(true)
    listClients.mockResolvedValue([])
    clock.advance(4)
    expect(await isAllowed('https://spa.example')).toBe(true)
    expect(listClients).toHaveBeenCalledOnce()
    clock.advance(1)
    expect(await isAllowed('https://spa.example')).toBe(false)
    clock.advance(-3600)
    await isAllowed('https://spa.example')
    expect(listClients).toHaveBeenCalledTimes(3)
  })

  it('R19: is looked up anew within a second after an app has changed', async () => {
    const { clock, listClients, clientsSequence, isAllowed } = setUp()
    expect(await isAllowed('https://spa.example')).toBe(true)
    listClients.mockResolvedValue([])
    clientsSequence.mockResolvedValue(1)
    clock.advance(1)
    expect(await isAllowed('https://spa.example')).toBe(false)
    clock.advance(1)
    await isAllowed('https://spa.example')
    expect(listClients).toHaveBeenCalledTimes(2)
  })

  it('is not allowed while the store is away, and again when it is back', async () => {
    const { listClients, isAllowed } = setUp()
    listClients.mockRejectedValueOnce(new StoreUnavailableError('away'))
    await expect(isAllowed('https://spa.example')).rejects.toThrow('away')
    expect(await isAllowed('https://spa.example')).toBe(true)
  })
})
