// Who is calling, by address: one spelling for one caller. Limits go by it, so whoever could write an address in two
// ways would have every limit twice.

import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** All that is no address is one caller: an unreadable one must not be a way around a limit. */
export const UNKNOWN_ADDRESS = 'unknown'

type Parsed = ipaddr.IPv4 | ipaddr.IPv6

/**
 * The full address in its one spelling: no port, no zone, IPv4 where it is mapped into IPv6, IPv6 as RFC 5952 §4 has it.
 * For people: lists of sessions and logs.
 */
export function normaliseAddress(text: string | undefined): string {
  // What a socket says is usually this already.
  if (text !== undefined && isIPv4(text)) return text
  const address = parse(text)
  if (address === undefined) return UNKNOWN_ADDRESS
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}

/** Every provider gives a customer at least so many bits of an IPv6 address: within them one caller has 2^64. */
const SOURCE_BITS = 64

/** What limits count by: the address, or the network of one customer. */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${address}/${SOURCE_BITS}`)
  return `${network.toRFC5952String()}/${SOURCE_BITS}`
}

/** @returns whether an address, in its one spelling, is one of these or in one of these networks */
export function addressMatcher(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map((network): [Parsed, number] => {
    const [address = '', bits] = network.split('/')
    const parsed = ipaddr.parse(address)
    const mapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()
    const given = bits === undefined ? parsed.toByteArray().length * 8 : Number(bits)
    // A network of mapped addresses is one of IPv4, as those who call from it are.
    return mapped ? [ipaddr.process(address), Math.max(0, given - 96)] : [parsed, given]
  })
  if (ranges.length === 0) return () => false
  return (text) => {
    const address = parse(text)
    return address !== undefined && ranges.some((range) => isWithin(address, range))
  }
}

function isWithin(address: Parsed, [network, bits]: [Parsed, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** `[2001:db8::1]:443`, `[2001:db8::1]` and `192.0.2.1:443`: what gateways write into X-Forwarded-For. */
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/
const LONGEST = 64

function parse(text: string | undefined): Parsed | undefined {
  if (text === undefined || text.length > LONGEST) return undefined
  const trimmed = text.trim()
  const [, inBrackets, ofFour] = WITH_PORT.exec(trimmed) ?? []
  const [address = ''] = (inBrackets ?? ofFour ?? trimmed).split('%', 1)
  // The library reads `1` and `0x7f.1` as addresses too: nobody who knows an address writes it so.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address)
  return ipaddr.IPv6.isValid(address) ? ipaddr.process(address) : undefined
}
