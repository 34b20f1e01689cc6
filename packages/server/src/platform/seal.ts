// Authenticated encryption of what we keep or hand out sealed: AES-256-GCM, purpose bound as additional data.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { digestOf } from './hash.ts'
import { newRandomBytes } from './random.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

export class Sealer {
  readonly #key: Buffer

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new RangeError('a sealing key has 32 bytes')
    this.#key = key
  }

  /** A sealer for one purpose under this key: what it seals, no other purpose opens. */
  for(purpose: string): Sealer {
    return new Sealer(derive(this.#key, purpose))
  }

  /** Fields as one digest that only the holder of the key can make: nobody else can look for two that agree. */
  digest(...fields: readonly string[]): string {
    return createHmac('sha256', this.#key)
      .update(digestOf(...fields))
      .digest('base64url')
  }

  seal(plain: string, context = ''): string {
    return this.#seal(Buffer.from(plain), context)
  }

  /** For an address: packed first, since what is sealed is a third longer. Nothing secret may be in it beside what a stranger wrote. */
  sealPacked(plain: string, context = ''): string {
    return this.#seal(deflateRawSync(plain), context)
  }

  #seal(plain: Buffer, context: string): string {
    const nonce = newRandomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(context))
    const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    return sealed.toString('base64url')
  }

  /** @returns undefined when it was not sealed by this key for this context, or was changed since. */
  open(sealed: string, context = ''): string | undefined {
    return this.#open(sealed, context)?.toString()
  }

  openPacked(sealed: string, context = ''): string | undefined {
    const packed = this.#open(sealed, context)
    return packed && inflateRawSync(packed).toString()
  }

  #open(sealed: string, context: string): Buffer | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
    // Decoding passes over what is no base64url: only the one spelling that we wrote is ours.
    if (bytes.toString('base64url') !== sealed) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      return Buffer.concat([plain, decipher.final()])
    } catch {
      return undefined
    }
  }
}

/**
 * A sealer whose key only the holder of `secret` can make again: a copy of the database opens nothing. The secret must
 * have the strength of a key (RFC 5869 §3.3): one hash is enough then, at a tenth of the cost of HKDF.
 */
export function sealerFromSecret(secret: string, purpose: string): Sealer {
  return new Sealer(Buffer.from(digestOf(purpose, secret), 'base64url'))
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, 32))
}
