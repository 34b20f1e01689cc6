import { describe, expect, it } from 'vitest'
import { tenantOf } from '../../test/support/tenant.ts'
import type { Contract } from '../contracts/contract.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { misterJames } from '../contracts/mister-james.ts'
import { standard } from '../contracts/standard.ts'
import { versioned } from '../contracts/versioned.ts'
import { parseForm } from '../protocol/params.ts'
import {
  checkResponseMode,
  checkResponseType,
  listResponseTypes,
  usualResponseMode,
} from './response.ts'

const WITHOUT = tenantOf(standard)
/** The only contract that has the implicit grant. */
const WITH = tenantOf(misterJames)

describe('response types', () => {
  it.each<[Contract, readonly string[]]>([
    [standard, ['code']],
    [misterJames, ['code', 'token']],
    [jsonApi, ['code']],
    [financialCents, ['code']],
    [versioned, ['code']],
    [crmCom, []],
  ])('RFC 6749 §3.1.1: contract $name has its own', (contract, types) => {
    expect(listResponseTypes(tenantOf(contract))).toEqual(types)
  })

  it('RFC 6749 §3.1.1: one is taken where there is its grant', () => {
    expect(checkResponseType(parseForm('response_type=code'), WITHOUT)).toBe('code')
    expect(checkResponseType(parseForm('response_type=code'), WITH)).toBe('code')
    expect(checkResponseType(parseForm('response_type=token'), WITH)).toBe('token')
  })

  it.each([
    'token',
    'id_token',
    'code token',
    'token code',
    'Code',
    'code+code',
    'none',
    '__proto__',
    'constructor',
  ])('RFC 6749 §4.1.2.1: %j is refused', (type) => {
    const params = parseForm(`response_type=${encodeURIComponent(type)}`)
    expect(() => checkResponseType(params, WITHOUT)).toThrow('response_type_unknown')
    if (type === 'token') return
    expect(() => checkResponseType(params, WITH)).toThrow('response_type_unknown')
  })

  it.each(['', 'response_type='])('RFC 6749 §3.1.1: %j lacks one', (form) => {
    expect(() => checkResponseType(parseForm(form), WITH)).toThrow('parameter_missing')
  })
})

describe('response modes', () => {
  it.each([
    ['response_type=code', 'query'],
    ['response_type=code&response_mode=query', 'query'],
    ['response_type=code&response_mode=fragment', 'fragment'],
    ['response_type=code&response_mode=form_post', 'form_post'],
    ['response_type=token', 'fragment'],
    ['response_type=token&response_mode=fragment', 'fragment'],
    ['response_type=token&response_mode=form_post', 'form_post'],
    ['', 'query'],
    ['response_type=nonsense', 'query'],
  ])('RFC 6749 §4.2.2: %j is answered by %s', (form, mode) => {
    expect(checkResponseMode(parseForm(form), WITH)).toBe(mode)
  })

  it('RFC 9700 §4.3.2: an access token does not travel in a query', () => {
    const params = parseForm('response_type=token&response_mode=query')
    expect(() => checkResponseMode(params, WITH)).toThrow('response_mode_unknown')
  })

  it.each(['Query', 'fragment ', 'web_message', 'jwt', 'query.jwt', '__proto__'])(
    'OAuth 2.0 Multiple Response Types §2.1: %j is refused',
    (mode) => {
      const params = parseForm(`response_type=code&response_mode=${encodeURIComponent(mode)}`)
      expect(() => checkResponseMode(params, WITH)).toThrow('response_mode_unknown')
    },
  )

  it('RFC 6749 §4.2.2.1: errors of a request for a token come in the fragment, too', () => {
    const form = (rest: string) => parseForm(`response_type=token${rest}`)
    expect(usualResponseMode(form(''), WITH)).toBe('fragment')
    expect(usualResponseMode(form('&response_mode=query'), WITH)).toBe('fragment')
    expect(usualResponseMode(parseForm('response_type=code'), WITH)).toBe('query')
    // Where there is no such grant, the request is one of an unknown kind.
    expect(usualResponseMode(form(''), WITHOUT)).toBe('query')
  })
})
