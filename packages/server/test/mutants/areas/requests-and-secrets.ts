// Mutants of how requests are read, and of how secrets are made and kept.

import { attacks, flows, STORE, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const PARAMS = 'server/src/protocol/params.ts'
const READ = 'server/src/http/read.ts'
const KEYS = 'server/src/tokens/keys.ts'

const requests: readonly Mutant[] = [
  {
    name: 'a parameter may be given twice',
    breaks: 'E1, RFC 6749 §3.1',
    file: PARAMS,
    find: "    if (values && !repeatable.has(name)) throw new OAuthError('parameter_repeated')\n",
    replace: '',
    killedBy: unit('protocol/params'),
  },
  {
    name: 'a member of a JSON object may be given twice',
    breaks: 'E1',
    file: 'server/src/protocol/json.ts',
    find: "  if (members?.has(name)) throw new OAuthError('parameter_repeated')\n",
    replace: '',
    killedBy: unit('protocol/json'),
  },
  {
    name: 'objects from JSON have a prototype',
    breaks: 'E3',
    file: 'server/src/protocol/json.ts',
    find: 'return Object.setPrototypeOf(value, null)',
    replace: 'return value',
    killedBy: unit('protocol/json'),
  },
  {
    name: 'a NUL gets as far as the database',
    breaks: 'E13',
    file: PARAMS,
    find: "decoded.includes('\\0') || !decoded.isWellFormed()",
    replace: '!decoded.isWellFormed()',
    killedBy: unit('protocol/params'),
  },
  {
    name: 'credentials in a URL are read',
    breaks: 'E10, RFC 6749 §2.3.1',
    file: READ,
    find: "if (!encodings.includes('query')) throw",
    replace: 'if (encodings.length === 0) throw',
    killedBy: attacks('attacks/requests-of-every-contract'),
  },
  {
    name: 'a body is read whatever its type says',
    breaks: 'E11',
    file: READ,
    find: "const isForm = encodings.includes('form') && FORM.test(type)",
    replace: "const isForm = encodings.includes('form') && !JSON_TYPE.test(type)",
    killedBy: attacks('attacks/requests-of-every-contract'),
  },
  {
    name: 'a path that only decodes to an endpoint is that endpoint',
    breaks: 'E14',
    file: 'server/src/http/serve-request.ts',
    find: 'return path === pattern',
    replace: 'return decodeURIComponent(path) === pattern',
    killedBy: attacks('attacks/http-framing'),
  },
  {
    name: 'two Host headers are taken',
    breaks: 'E7, RFC 9112 §3.2',
    file: 'server/src/http/repeated-headers.ts',
    find: "  'host',\n",
    replace: '',
    killedBy: attacks('attacks/http-framing'),
  },
  {
    name: 'tokens are given out over plain http',
    breaks: 'E17, RFC 6749 §3.2',
    file: 'server/src/http/transport.ts',
    find: "request.headers['x-forwarded-proto'] !== undefined && request.caller.protocol !== 'https'",
    replace: "request.headers['x-forwarded-proto'] === ''",
    killedBy: attacks('attacks/http-answers'),
  },
  {
    name: 'the log says what was sent',
    breaks: 'B19, ASVS 16.2.5',
    file: 'server/src/platform/redact.ts',
    find: '  if (!SUSPICIOUS.test(line)) return line\n',
    replace: '  if (line !== undefined) return line\n',
    killedBy: unit('platform/log'),
  },
  {
    name: 'a failure tells what failed',
    breaks: 'E15, ASVS 16.5.1',
    file: 'server/src/http/failures.ts',
    find: 'const { text, language } = site.describeError(error, reader)\n  return { kind',
    replace:
      'const { language } = site.describeError(error, reader)\n  const text = failure instanceof Error ? String(failure.stack) : error.description\n  return { kind',
    killedBy: attacks('attacks/http-answers'),
  },
]

const secrets: readonly Mutant[] = [
  {
    name: 'secrets are stored as they are',
    breaks: 'R11, ASVS 6.5.2',
    file: 'server/src/platform/hash.ts',
    find: "return hash('sha256', secret, 'base64url') as TokenHash",
    replace: 'return secret as TokenHash',
    killedBy: unit('platform/hash'),
  },
  {
    name: 'the same random bytes are handed out again',
    breaks: 'B5, RFC 6749 §10.10',
    file: 'server/src/platform/random.ts',
    find: '  used += length\n',
    replace: '',
    killedBy: unit('platform/random'),
  },
  {
    name: 'what is sealed with one nonce is sealed with it again',
    breaks: 'R11',
    file: 'server/src/platform/seal.ts',
    find: 'const nonce = newRandomBytes(NONCE_BYTES)',
    replace: 'const nonce = newRandomBytes(NONCE_BYTES).fill(0)',
    killedBy: unit('platform/seal'),
  },
  {
    name: 'one key serves every purpose',
    breaks: 'R11',
    file: 'server/src/platform/seal.ts',
    find: 'Buffer.alloc(0), purpose, 32',
    replace: 'Buffer.alloc(0), String(purpose.length < 0), 32',
    killedBy: unit('platform/seal'),
  },
  {
    name: 'a signing key opens in the place of another',
    breaks: 'R11',
    file: KEYS,
    within: 'function keyContext',
    find: 'return ',
    replace: "return '' && ",
    killedBy: unit('tokens/keys'),
  },
  {
    name: 'the key set holds private keys',
    breaks: 'R11, RFC 7517 §9.2',
    file: KEYS,
    find: 'const jwk: JWK = secret ? openKey(record, deps) : JSON.parse(record.publicJwk)',
    replace: 'const jwk: JWK = openKey(record, deps)',
    killedBy: unit('tokens/keys'),
  },
  {
    name: 'secret keys are published',
    breaks: 'B18',
    file: KEYS,
    find: 'if (!secret) publicKeys.push(published)\n    else secretKeys',
    replace: 'publicKeys.push(published)\n    if (secret) secretKeys',
    killedBy: unit('tokens/keys'),
  },
  {
    name: 'a key signs before any API can know it',
    breaks: 'R10',
    file: KEYS,
    find: 'if (waitSeconds > 0 && !force) return',
    replace: 'if (waitSeconds > 1000 * JWKS_MAX_AGE_SECONDS && !force) return',
    killedBy: unit('tokens/keys'),
  },
  {
    name: 'two processes rotate a key at once',
    breaks: 'R10',
    file: 'server/src/store/sql/keys.ts',
    within: 'const retireKey',
    find: "\n    .where('kid', '=', p.currentKid)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'an API is told the secret keys of every other',
    breaks: 'B18',
    file: KEYS,
    find: '.secretKeys.get(audience) ?? [],',
    replace: '.secretKeys.values().toArray().flat().filter(() => audience),',
    killedBy: flows('flows/resource-keys'),
  },
  {
    name: 'another client removes a secret',
    breaks: 'C11',
    file: 'server/src/store/sql/clients.ts',
    within: 'const deleteClientSecret',
    find: "\n    .where('clientId', '=', p.clientId)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'an app is found in another tenant',
    breaks: 'C11',
    file: 'server/src/store/sql/clients.ts',
    within: 'const selectClient =',
    find: "\n    .where('clients.tenant', '=', p.tenant)",
    replace: '',
    killedBy: STORE,
  },
]

export const requestsAndSecrets: Area = {
  name: 'Requests, secrets and keys',
  mutants: [...requests, ...secrets],
}
