// scrypt (RFC 7914) in PHC form, as passlib writes it: `$scrypt$ln=16,r=8,p=1$salt$hash`.

import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { boundProblem, HASH_BYTES, type HashFormat } from './format.ts'
import { readPhc } from './phc.ts'

/** Blocks of 128 bytes that it mixes in all, N times r times p; at most so many are in memory, 256 MiB. */
const MAX_BLOCKS = 2 ** 21
const MAX_MEMORY_BYTES = 128 * MAX_BLOCKS

export const scryptFormat: HashFormat = {
  name: 'scrypt',
  read(text) {
    const phc = readPhc(text, ['scrypt'])
    const { ln, r, p } = phc?.parameters ?? {}
    if (!phc || !ln || !r || !p) return undefined
    const { salt, hash } = phc
    const problem = boundProblem([
      { what: 'r', value: r, least: 1, most: 32 },
      { what: 'ln', value: ln, least: 1, most: Math.floor(Math.log2(MAX_BLOCKS / r)) },
      { what: 'p', value: p, least: 1, most: Math.floor(MAX_BLOCKS / (2 ** ln * r)) },
      { ...HASH_BYTES, value: hash.length },
    ])
    if (problem !== undefined) return { problem }
    const options = { N: 2 ** ln, r, p, maxmem: 2 * MAX_MEMORY_BYTES }
    return {
      async matches(password) {
        return timingSafeEqual(await derive({ password, salt, length: hash.length, options }), hash)
      },
    }
  },
}

function derive(input: {
  readonly password: string
  readonly salt: Buffer
  readonly length: number
  readonly options: ScryptOptions
}): Promise<Buffer> {
  const { password, salt, length, options } = input
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
