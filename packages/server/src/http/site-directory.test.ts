import { describe, expect, it } from 'vitest'
import type { Place } from './route.ts'
import { createSiteDirectory } from './site-directory.ts'

const ISSUERS = [
  'https://one.example',
  'https://one.example/crm',
  'https://one.example/crm/old',
  'https://two.example/crm',
]

const placeOf = (issuer: string) => ({ issuer }) as Place & { issuer: string }
const HOUSE = { issuer: undefined } as Place
const request = (host: string, url: string) => ({ headers: { host }, raw: { url } }) as never

describe('whose an address would be', () => {
  const directory = createSiteDirectory(HOUSE)
  for (const issuer of ISSUERS) directory.add(placeOf(issuer))
  const issuerOf = (host: string, url: string) => directory.placeOf(request(host, url)).issuer

  it.each([
    ['one.example', '/nothing', 'https://one.example'],
    ['one.example', '/crm', 'https://one.example/crm'],
    ['one.example', '/crm/nothing?a=/crm/old/b', 'https://one.example/crm'],
    ['one.example', '/crm/old/nothing', 'https://one.example/crm/old'],
    ['one.example', '/crmx', 'https://one.example'],
    ['two.example', '/crm/nothing', 'https://two.example/crm'],
    ['stranger.example', '/crm/nothing', 'https://one.example/crm'],
  ])('%s%s is below %s', (host, url, issuer) => {
    expect(issuerOf(host, url)).toBe(issuer)
  })

  it('is that of the house beside several issuers, which names none of them', () => {
    expect(directory.placeOf(request('one.example', '/'))).not.toBe(HOUSE)
    const others = createSiteDirectory(HOUSE)
    for (const issuer of ISSUERS.slice(1)) others.add(placeOf(issuer))
    expect(others.placeOf(request('one.example', '/'))).toBe(HOUSE)
  })

  it('is that of the one tenant there is, in the usual form', () => {
    const directory = createSiteDirectory(HOUSE)
    const refusal = () => ({})
    directory.add({ ...placeOf('https://one.example/crm'), routingRefusal: refusal })
    const { issuer, routingRefusal } = directory.placeOf(request('one.example', '/x'))
    expect(issuer).toBe('https://one.example/crm')
    expect(routingRefusal).toBeUndefined()
    expect(directory.placeOf(request('one.example', '/crm/x')).routingRefusal).toBe(refusal)
  })
})
