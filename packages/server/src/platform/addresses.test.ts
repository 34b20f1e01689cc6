import { describe, expect, it } from 'vitest'
import { addressMatcher, normaliseAddress, sourceOf, UNKNOWN_ADDRESS } from './addresses.ts'

describe('security M4: an address has one spelling', () => {
  it.each([
    '192.0.2.55',
    ' 192.0.2.55 ',
    '192.0.2.55:1234',
    '::ffff:192.0.2.55',
    '::FFFF:192.0.2.55',
    '::ffff:c000:237',
    '0:0:0:0:0:ffff:c000:237',
    '0000:0000:0000:0000:0000:ffff:c000:0237',
    '[::ffff:192.0.2.55]',
    '[::ffff:c000:237]:443',
    '::ffff:192.0.2.55%eth0',
  ])('%j is 192.0.2.55', (text) => {
    expect(normaliseAddress(text)).toBe('192.0.2.55')
    expect(sourceOf(normaliseAddress(text))).toBe('192.0.2.55')
  })

  it.each([
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8:0:1:0:0:0:7', '2001:db8:0:1::7'],
  ])('%j is %s', (text, address) => {
    expect(normaliseAddress(text)).toBe(address)
  })

  it.each([
    undefined,
    '',
    'unknown',
    '_hidden',
    'localhost',
    '1',
    '0x7f.1',
    '0300.0.2.55',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.55, 192.0.2.56',
    '[192.0.2.55]x',
    '::g',
    '2001:db8::1'.padEnd(70),
  ])('%j is nobody in particular', (text) => {
    expect(normaliseAddress(text)).toBe(UNKNOWN_ADDRESS)
    expect(sourceOf(UNKNOWN_ADDRESS)).toBe(UNKNOWN_ADDRESS)
  })

  it('callers of one IPv6 network are one source, those of another are not', () => {
    const sources = ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'].map(sourceOf)
    expect(sources).toEqual(['2001:db8:1:2::/64', '2001:db8:1:2::/64'])
    expect(sourceOf('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64')
    expect(sourceOf('192.0.2.55')).not.toBe(sourceOf('192.0.2.56'))
  })
})

describe('the addresses of proxies', () => {
  it.each([
    [['10.0.0.0/8'], '10.1.2.3', true],
    [['10.0.0.0/8'], '11.1.2.3', false],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.2', false],
    [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
    [['::ffff:10.0.0.0/104'], '11.1.2.3', false],
    [['2001:db8::/32'], '2001:db8:5::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['2001:db8::/32', '10.0.0.0/8'], '10.1.2.3', true],
    [['0.0.0.0/0'], UNKNOWN_ADDRESS, false],
    [[], '127.0.0.1', false],
  ])('%j: %s is one of them: %s', (networks, address, expected) => {
    expect(addressMatcher(networks)(address)).toBe(expected)
  })
})
