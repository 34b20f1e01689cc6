import { expect, it } from 'vitest'
import { ALLOWANCE_NAMES, LONGEST_ACCESS_TOKEN_SECONDS } from '../protocol/allowance.ts'
import { CONTRACT_NAMES, findContract } from './index.ts'
import { standard } from './standard.ts'

const contracts = CONTRACT_NAMES.map((name) => {
  const contract = findContract(name)
  if (!contract) throw new Error(`${name} is not found`)
  return contract
})

it('finds each contract by its name, and nothing else', () => {
  expect(CONTRACT_NAMES).toEqual([
    'standard',
    'mister-james',
    'json-api',
    'crm-com',
    'financial-cents',
    'versioned',
  ])
  for (const { name } of contracts) expect(findContract(name)?.name).toBe(name)
  for (const name of ['', 'Standard', '__proto__', 'constructor']) {
    expect(findContract(name)).toBeUndefined()
  }
})

it('RFC 9700 §2: standard has nothing legacy, but what single apps in the field demand', () => {
  const { policy, rules, requests } = standard
  const demanded = ['without-pkce', 'private-scheme', 'many-redirect-uris']
  expect(rules.allowances).toEqual(Object.fromEntries(demanded.map((name) => [name, 'on-request'])))
  expect(rules.grantTypes).not.toContain('implicit')
  expect(rules.grantTypes).not.toContain('password')
  expect(policy.pkce).toEqual({
    requiredFor: 'all',
    methods: ['S256'],
    methodWhenOmitted: undefined,
    insteadOfSecret: false,
  })
  expect(policy.redirectUriOptional).toBe(false)
  expect(policy.revocationEndsConsent).toBe(false)
  expect(policy.accessToken.lifetimeSeconds).toBeLessThanOrEqual(LONGEST_ACCESS_TOKEN_SECONDS)
  expect(requests.encodings).toEqual(['form'])
})

it.each(contracts)('RFC 9700 §2: $name declares whatever is forbidden there', (contract) => {
  const { policy, rules, requests } = contract
  const declared = Object.keys(rules.allowances)
  for (const name of declared) expect(ALLOWANCE_NAMES).toContain(name)
  const has = {
    implicit: rules.grantTypes.includes('implicit'),
    password: rules.grantTypes.includes('password'),
    'pkce-plain': policy.pkce.methods.includes('plain'),
    'query-parameters': requests.encodings.includes('query'),
    'long-access-token': policy.accessToken.lifetimeSeconds > LONGEST_ACCESS_TOKEN_SECONDS,
  }
  for (const [name, isThere] of Object.entries(has)) {
    expect([name, isThere]).toEqual([name, declared.includes(name)])
  }
})

it.each(contracts)('$name lets public apps do nothing without PKCE', ({ policy }) => {
  expect(policy.pkce.methods).toContain('S256')
  expect(['all', 'public']).toContain(policy.pkce.requiredFor)
})

it.each(contracts)('$name has every path once', ({ paths }) => {
  const all = Object.values(paths)
  expect(new Set(all).size).toBe(all.length)
  for (const path of all) expect(path).toMatch(/^(\/[\w.-]+)+$/)
})

it.each(contracts)('$name has secret keys exactly where it signs with HS256', (contract) => {
  const { algorithm } = contract.policy.signing
  expect(contract.rules.jwt.keyPerApi).toBe(algorithm === 'HS256')
})
