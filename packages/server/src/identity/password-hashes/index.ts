// The formats in which password hashes may come, and how a stored one is read.

import { argon2Format } from './argon2.ts'
import { bcryptFormat } from './bcrypt.ts'
import type { HashFormat, PasswordHash, ReadHash } from './format.ts'
import { pbkdf2Format } from './pbkdf2.ts'
import { scryptFormat } from './scrypt.ts'

const FORMATS: readonly HashFormat[] = [argon2Format, bcryptFormat, scryptFormat, pbkdf2Format]

/** @throws when the store holds what was never let in */
export function readPasswordHash(text: string): PasswordHash {
  const read = readAny(text)
  // The text itself would end up in a log.
  if ('problem' in read) throw new Error(`a stored password hash ${read.problem}`)
  return read
}

/** @returns why a hash that was made elsewhere cannot be taken, as a clause, or undefined. */
export function passwordHashProblem(text: string): string | undefined {
  const read = readAny(text)
  return 'problem' in read ? read.problem : undefined
}

/** No format needs more. */
const MAX_LENGTH = 1024

function readAny(text: string): ReadHash {
  if (text.length > MAX_LENGTH) return { problem: `has more than ${MAX_LENGTH} characters` }
  for (const format of FORMATS) {
    const read = format.read(text)
    if (read) return read
  }
  const names = FORMATS.map(({ name }) => name).join(', ')
  return { problem: `is of none of the known formats (${names})` }
}
