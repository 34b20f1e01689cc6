// ostiary identity-jwt: what a trusted identity system would sign, for trying the exchange of its JWTs.

import type { Command } from 'commander'
import { newId } from '../platform/random.ts'
import { createSigner } from '../tokens/signer.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { reasonOf, UsageError } from './failure.ts'
import { readNamedFile } from './places.ts'

/** The file that `--key` names: the issuer as it was registered, and the private key of it. */
export interface IdentityKeyFile {
  readonly issuer: string
  readonly audience: string
  /** An EC key on P-256, with `kid`. */
  readonly private_key: Parameters<typeof createSigner>[2]
}

interface JwtOptions extends SharedOptions {
  readonly key: string
  readonly subject: string
}

const LIFETIME_SECONDS = 300

export function addIdentityJwtCommand(program: Command, terminal: Terminal): void {
  addCommand<JwtOptions>(program, terminal, {
    usage: 'identity-jwt',
    description: 'sign a JWT as a trusted identity system would, good for five minutes; for tests',
    options: (command) =>
      command
        .requiredOption('--key <file>', 'JSON with issuer, audience and private_key (a JWK)')
        .requiredOption('--subject <subject>', 'whom it is about, as linked to a user'),
    run: async ({ key, subject }) => {
      const jwt = await signIdentityJwt(readKeyFile(key), subject)
      return { data: { jwt }, text: jwt }
    },
  })
}

function readKeyFile(path: string): IdentityKeyFile {
  const text = readNamedFile(path)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`--key ${path} is not JSON: ${reasonOf(cause)}`, { cause })
  }
}

function signIdentityJwt(file: IdentityKeyFile, subject: string): Promise<string> {
  const { issuer, audience, private_key: jwk } = file
  if (typeof issuer !== 'string' || typeof audience !== 'string' || jwk?.crv !== 'P-256') {
    throw new UsageError('--key must hold issuer, audience and private_key, an EC key on P-256')
  }
  const now = Math.floor(Date.now() / 1000)
  return createSigner(jwk.kid ?? '', 'ES256', jwk).sign('JWT', {
    iss: issuer,
    aud: audience,
    sub: subject,
    iat: now,
    nbf: now,
    exp: now + LIFETIME_SECONDS,
    jti: newId(),
  })
}
