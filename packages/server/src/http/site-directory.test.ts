import { describe, expect, it } from 'vitest'
import { createSiteDirectory } from './site-directory.ts'

const ISSUERS = [
  'https://one.example',
  'https://one.example/crm',
  'https://one.example/crm/old',
  'https://two.example/crm',
]

describe('whose an address would be', () => {
  const directory = createSiteDirectory()
  for (const issuer of ISSUERS) directory.add({ issuer })
  const issuerOf = (host: string, url: string) =>
    directory.siteOf({ headers: { host }, raw: { url } } as never)?.issuer

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

  it('is nobody, where there is no issuer', () => {
    const { siteOf } = createSiteDirectory()
    expect(siteOf({ headers: {}, raw: { url: '/x' } } as never)).toBeUndefined()
  })
})
