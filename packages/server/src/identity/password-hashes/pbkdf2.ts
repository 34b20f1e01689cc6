// PBKDF2 (RFC 8018), in three spellings: passlib's `$pbkdf2-sha256$29000$salt$hash`, the same with `i=29000` as PHC
// has it, and Django's `pbkdf2_sha256$29000$salt$hash`, whose salt is text.

import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { boundProblem, HASH_BYTES, type HashFormat } from './format.ts'
import { readBase64 } from './phc.ts'

const runPbkdf2 = promisify(pbkdf2)

const MAX_ITERATIONS = 2_000_000

interface Parts {
  readonly digest: string
  readonly iterations: number
  readonly salt: Buffer
  readonly hash: Buffer
}

export const pbkdf2Format: HashFormat = {
  name: 'PBKDF2',
  read(text) {
    const parts = readModular(text) ?? readDjango(text)
    if (!parts) return undefined
    const { digest, iterations, salt, hash } = parts
    const problem = boundProblem([
      { what: 'iterations', value: iterations, least: 1, most: MAX_ITERATIONS },
      { ...HASH_BYTES, value: hash.length },
    ])
    if (problem !== undefined) return { problem }
    return {
      async matches(password) {
        return timingSafeEqual(
          await runPbkdf2(password, salt, iterations, hash.length, digest),
          hash,
        )
      },
    }
  },
}

function readModular(text: string): Parts | undefined {
  const modular =
    /^\$pbkdf2-(sha256|sha512)\$(?:i=)?(\d{1,9})(?:,l=\d{1,3})?\$([^$]+)\$([^$]+)$/.exec(text)
  const [, digest, iterations, salt = '', hash = ''] = modular ?? []
  const bytes = { salt: readBase64(salt), hash: readBase64(hash) }
  if (digest === undefined || !bytes.salt || !bytes.hash) return undefined
  return { digest, iterations: Number(iterations), salt: bytes.salt, hash: bytes.hash }
}

function readDjango(text: string): Parts | undefined {
  const [, iterations, salt = '', hash = ''] =
    /^pbkdf2_sha256\$(\d{1,9})\$([^$]+)\$([^$]+)$/.exec(text) ?? []
  const bytes = readBase64(hash)
  if (!bytes) return undefined
  return {
    digest: 'sha256',
    iterations: Number(iterations),
    salt: Buffer.from(salt),
    hash: bytes,
  }
}
