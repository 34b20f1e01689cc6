import { expect, it } from 'vitest'
import { parseResources } from './resource.ts'

it('RFC 8707 §2: keeps each resource once', () => {
  const resources = ['https://api.example/v1', 'urn:example:api', 'https://api.example/v1']
  expect(parseResources(resources)).toEqual(['https://api.example/v1', 'urn:example:api'])
  expect(parseResources([])).toEqual([])
})

it.each(['api', '/v1', '//api.example', 'https://api.example/#part', 'https://', ' '])(
  'RFC 8707 §2: refuses %j, which is no absolute URI without fragment',
  (resource) => {
    expect(() => parseResources(['https://api.example', resource])).toThrow('resource_malformed')
  },
)

it('E4: takes ten resources at most', () => {
  const resources = Array.from({ length: 11 }, (_, index) => `https://api.example/${index}`)
  expect(parseResources(resources.slice(1))).toHaveLength(10)
  expect(() => parseResources(resources)).toThrow('resource_malformed')
})
