// argon2id as passwords are kept here, and whatever argon2 others made (RFC 9106).

import { type Argon2Algorithm, argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { newRandomBytes } from '../../platform/random.ts'
import { boundProblem, HASH_BYTES, type HashFormat } from './format.ts'
import { type PhcText, readPhc, writeBase64 } from './phc.ts'

const runArgon2 = promisify(argon2)

interface Parameters {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

/** What a new hash costs. OWASP Password Storage: argon2id with 19 MiB, two passes, one lane. */
export const COST_TODAY: Parameters = { memoryKiB: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
/** The only version that Node has; the one before it is of 2015. */
const VERSION = 19

export async function hashWithArgon2id(password: string): Promise<string> {
  const salt = newRandomBytes(SALT_BYTES)
  const tag = await derive(password, { id: 'argon2id', salt, tagBytes: TAG_BYTES, ...COST_TODAY })
  return writeToday(salt, tag)
}

/** A hash of today's parameters that no password has. */
export function hashOfNobody(): string {
  return writeToday(newRandomBytes(SALT_BYTES), newRandomBytes(TAG_BYTES))
}

function writeToday(salt: Buffer, tag: Buffer): string {
  return `${startToday()}${writeBase64(salt)}$${writeBase64(tag)}`
}

export function isOfToday(text: string): boolean {
  return text.startsWith(startToday())
}

function startToday(): string {
  const { memoryKiB, passes, parallelism } = COST_TODAY
  return `$argon2id$v=${VERSION}$m=${memoryKiB},t=${passes},p=${parallelism}$`
}

const VARIANTS = ['argon2id', 'argon2i', 'argon2d'] as const satisfies Argon2Algorithm[]

export const argon2Format: HashFormat = {
  name: 'argon2',
  read(text) {
    const phc = readPhc(text, VARIANTS)
    const id = VARIANTS.find((variant) => variant === phc?.id)
    const { m: memoryKiB, t: passes, p: parallelism } = phc?.parameters ?? {}
    if (!phc || !id || !memoryKiB || !passes || !parallelism) return undefined
    const { salt, hash, version = 16 } = phc
    if (version !== VERSION) return { problem: `is argon2 of version ${version}: only 19 is known` }
    const parameters = { memoryKiB, passes, parallelism }
    const problem = problemOf(phc, parameters)
    if (problem !== undefined) return { problem }
    return {
      async matches(password) {
        const options = { id, salt, tagBytes: hash.length, ...parameters }
        return timingSafeEqual(await derive(password, options), hash)
      },
    }
  },
}

const MAX_MEMORY_KIB = 256 * 1024
/** Each pass goes over all of the memory. */
const MAX_WORK_KIB = 4 * MAX_MEMORY_KIB
const MAX_LANES = 16

function problemOf(
  { salt, hash }: PhcText,
  { memoryKiB, passes, parallelism }: Parameters,
): string | undefined {
  return boundProblem([
    { what: 'p (lanes)', value: parallelism, least: 1, most: MAX_LANES },
    { what: 'm (KiB)', value: memoryKiB, least: 8 * parallelism, most: MAX_MEMORY_KIB },
    { what: 't (passes)', value: passes, least: 1, most: Math.floor(MAX_WORK_KIB / memoryKiB) },
    { what: 'bytes of salt', value: salt.length, least: 8 },
    { ...HASH_BYTES, value: hash.length },
  ])
}

interface Derivation extends Parameters {
  readonly id: Argon2Algorithm
  readonly salt: Buffer
  readonly tagBytes: number
}

function derive(password: string, options: Derivation): Promise<Buffer> {
  return runArgon2(options.id, {
    message: password,
    nonce: options.salt,
    memory: options.memoryKiB,
    passes: options.passes,
    parallelism: options.parallelism,
    tagLength: options.tagBytes,
  })
}
