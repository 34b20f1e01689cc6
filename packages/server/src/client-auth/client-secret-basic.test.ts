import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LONG_ENOUGH_MS, longTexts, slowestMs } from '../../test/support/long-text.ts'
import { parseForm } from '../protocol/params.ts'
import { clientSecretBasic } from './client-secret-basic.ts'

const read = (authorization: string | undefined) =>
  clientSecretBasic.read({ authorization, params: parseForm('') })
const basic = (pair: string | Buffer) => `Basic ${Buffer.from(pair).toString('base64')}`

it('C2, RFC 6749 §2.3.1: reads back any id and secret, form-encoded', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => !value.includes('\0'))
  const encodings = fc.constantFrom(encodeURIComponent, (value: string) =>
    new URLSearchParams({ x: value }).toString().slice('x='.length),
  )
  fc.assert(
    fc.property(text, text, encodings, (clientId, secret, encode) => {
      const presented = read(basic(`${encode(clientId)}:${encode(secret)}`))
      expect(presented?.clientIds[0]).toBe(clientId)
      expect(presented?.secrets[0]).toBe(secret)
    }),
  )
})

it('field report 1: reads any id and secret that were sent as they are', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => !value.includes('\0'))
  const id = text.filter((value) => !value.includes(':'))
  fc.assert(
    fc.property(id, text, (clientId, secret) => {
      const presented = read(basic(`${clientId}:${secret}`))
      expect(presented?.clientIds).toContain(clientId)
      expect(presented?.secrets).toContain(secret)
      expect(presented?.secrets.length).toBeLessThanOrEqual(2)
    }),
  )
})

it.each([
  ['Ab+cd/ef==', ['Ab cd/ef==', 'Ab+cd/ef==']],
  ['foo%Qbar', ['foo%Qbar']],
  ['foo%41bar', ['fooAbar', 'foo%41bar']],
  ['foo:bar&=', ['foo:bar&=']],
  ['%00', ['%00']],
  ['%ff', ['%ff']],
])(
  'field report 1: takes the secret %s in the way of the RFC, and as it stands',
  (sent, secrets) => {
    expect(read(basic(`web-app:${sent}`))).toEqual({ clientIds: ['web-app'], secrets })
  },
)

it.each([
  ['bAsIc d2ViLWFwcDpzZWNyZXQ=', 'web-app', 'secret'],
  ['Basic   d2ViLWFwcDpzZWNyZXQ', 'web-app', 'secret'],
  [basic('web-app:a:b'), 'web-app', 'a:b'],
  [basic('web%3Aapp:a%2Bb+c'), 'web:app', 'a+b c'],
  [basic('web-app:'), 'web-app', ''],
])('RFC 6749 §2.3.1: reads %s', (header, clientId, secret) => {
  const presented = read(header)
  expect([presented?.clientIds[0], presented?.secrets[0]]).toEqual([clientId, secret])
})

it('is not used where there is no header', () => {
  expect(read(undefined)).toBeUndefined()
})

it.each([
  ['another scheme', 'Bearer d2ViLWFwcDpzZWNyZXQ='],
  ['no credentials', 'Basic'],
  ['empty credentials', 'Basic '],
  ['two credentials', 'Basic d2ViOng= d2ViOng='],
  ['what is no base64', 'Basic d2ViLWFwcDpzZWNyZXQ*'],
  ['no colon', basic('web-app')],
  ['no client id', basic(':secret')],
  ['bytes that are no UTF-8', basic(Buffer.from([0x61, 0x3a, 0xff]))],
  ['a NUL in the client id', basic('web\0app:secret')],
  ['a NUL in the secret', basic('web-app:\0')],
])('E13: refuses %s', (_what, header) => {
  expect(() => read(header)).toThrow('client_credentials_malformed')
})

it('E5: is done with any long header at once', () => {
  const texts = longTexts(' ', 'A', 'A=', '=', 'A ', 'Basic ', 'OjpB')
  const headers = [...texts, ...texts.map((text) => `Basic ${text}`), basic(':'.repeat(48_000))]
  expect(slowestMs(headers, read)).toBeLessThan(LONG_ENOUGH_MS)
})
