// Owns how passwords are kept: argon2id in PHC form, hashed at a bounded rate so that a flood of sign-ins
// cannot starve the token endpoint. Must not know users, sessions or HTTP.

import { argon2, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { createQueue } from '../platform/queue.ts'
import { newRandomBytes } from '../platform/random.ts'
import { OAuthError } from '../protocol/errors.ts'

const runArgon2 = promisify(argon2)

/** OWASP Password Storage: argon2id with 19 MiB, two passes, one lane. */
const CURRENT = { memoryKiB: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Long enough for any passphrase, short enough that hashing it costs nothing. */
export const MAX_PASSWORD_CODE_POINTS = 256

const MAX_WAITING = 64
const queue = createQueue({
  parallel: Math.max(1, availableParallelism() - 1),
  waiting: MAX_WAITING,
})

interface Argon2Parameters {
  memoryKiB: number
  passes: number
  parallelism: number
}

/** @returns the password as an argon2id hash in PHC form. @throws OAuthError overloaded */
export async function hashPassword(password: string): Promise<string> {
  const salt = newRandomBytes(SALT_BYTES)
  const tag = await derive(password, salt, CURRENT)
  return formatPhc(CURRENT, salt, tag)
}

export interface PasswordCheck {
  readonly correct: boolean
  /** The hash was made with weaker parameters than today's: make it anew. */
  readonly outdated: boolean
}

/**
 * Compares a password with its hash. Without a hash (no such user) it takes as long and says no.
 * @throws OAuthError overloaded
 */
export async function verifyPassword(password: string, phc: string | null): Promise<PasswordCheck> {
  const known = phc === null ? undefined : parsePhc(phc)
  const { parameters, salt, tag } = known ?? PLACEHOLDER
  const derived = await derive(password, salt, parameters)
  const correct =
    derived.length === tag.length && timingSafeEqual(derived, tag) && known !== undefined
  const outdated = parameters.memoryKiB < CURRENT.memoryKiB || parameters.passes < CURRENT.passes
  return { correct, outdated }
}

const PLACEHOLDER = {
  parameters: CURRENT,
  salt: newRandomBytes(SALT_BYTES),
  tag: newRandomBytes(TAG_BYTES),
}

/** Unicode has several spellings of one text: NFKC makes them one (NIST SP 800-63B). */
function derive(password: string, salt: Buffer, parameters: Argon2Parameters): Promise<Buffer> {
  return queue.run(
    async () =>
      await runArgon2('argon2id', {
        message: password.normalize('NFKC'),
        nonce: salt,
        memory: parameters.memoryKiB,
        passes: parameters.passes,
        parallelism: parameters.parallelism,
        tagLength: TAG_BYTES,
      }),
    () => new OAuthError('overloaded', { retryAfterSeconds: 1 }),
  )
}

function formatPhc(
  { memoryKiB, passes, parallelism }: Argon2Parameters,
  salt: Buffer,
  tag: Buffer,
): string {
  const parameters = `m=${memoryKiB},t=${passes},p=${parallelism}`
  return `$argon2id$v=19$${parameters}$${base64(salt)}$${base64(tag)}`
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

function parsePhc(phc: string) {
  const [, memoryKiB, passes, parallelism, salt, tag] = PHC.exec(phc) ?? []
  if (salt === undefined || tag === undefined)
    throw new Error('a stored password hash is not argon2id in PHC form')
  return {
    parameters: {
      memoryKiB: Number(memoryKiB),
      passes: Number(passes),
      parallelism: Number(parallelism),
    },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

/** PHC strings use base64 without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
