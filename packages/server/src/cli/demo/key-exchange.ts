// What the demo of `crm-com` needs: an application key for each organisation, consumers with access identifiers, and
// a trusted identity system whose private key lies beside demo.json.

import { generateKeyPairSync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  addAuthenticationCode,
  addIdentifier,
  linkIdentity,
  listAccessIdentifiers,
  removeAccessIdentifier,
} from '../../operations/access-identifiers.ts'
import {
  createApplicationKey,
  deleteApplicationKey,
  listApplicationKeys,
} from '../../operations/application-keys.ts'
import {
  addTrustedIssuer,
  listTrustedIssuers,
  removeTrustedIssuer,
} from '../../operations/trusted-issuers.ts'
import { sha256 } from '../../platform/hash.ts'
import type { Context } from '../deployment.ts'
import type { IdentityKeyFile } from '../identity-jwt-command.ts'
import { generatePassword } from '../secret-input.ts'
import { ORGANISATIONS, USERS } from './cast.ts'
import type { DemoConsumer, DemoKeyExchange } from './demo-file.ts'

const KEY_NAME = 'demo'
const ISSUER = { issuer: 'https://identity.demo.example', audience: 'crm-com' }

/** What is known of an earlier start stays as long as it still works; otherwise everything is made anew. */
export async function seedKeyExchange(
  known: DemoKeyExchange | undefined,
  folder: string,
  context: Context,
): Promise<DemoKeyExchange> {
  if (known && (await stillWorks(known, folder, context))) return known
  return {
    application_keys: await replaceKeys(context),
    consumers: await Promise.all(USERS.map((user) => replaceConsumer(user, context))),
    trusted_issuer: await replaceIssuer(folder, context),
  }
}

async function stillWorks(
  { application_keys: keys, consumers, trusted_issuer: issuer }: DemoKeyExchange,
  folder: string,
  context: Context,
): Promise<boolean> {
  const { tenant, store } = context
  const found = await Promise.all([
    ...keys.map(({ key }) => store.findApplicationKey(tenant.name, sha256(key))),
    ...consumers.map(({ authentication_code: code }) =>
      store.findAccessIdentifier(tenant.name, 'authentication_code', sha256(code)),
    ),
    store.findTrustedIssuer(tenant.name, issuer.issuer),
  ])
  return found.every((each) => each !== null) && existsSync(keyPath(folder))
}

async function replaceKeys(context: Context): Promise<DemoKeyExchange['application_keys']> {
  for await (const { id, name } of listApplicationKeys(context)) {
    if (name === KEY_NAME) await deleteApplicationKey({ keyId: id }, context)
  }
  return Promise.all(
    ORGANISATIONS.map(async ({ id = '' }) => {
      const { key } = await createApplicationKey({ organisationId: id, name: KEY_NAME }, context)
      return { key, organisation: id }
    }),
  )
}

async function replaceConsumer(
  { username, email = username, memberships = [] }: (typeof USERS)[number],
  context: Context,
): Promise<DemoConsumer> {
  for await (const { id } of listAccessIdentifiers({ username }, context)) {
    await removeAccessIdentifier({ identifierId: id }, context)
  }
  const { code } = await addAuthenticationCode({ username }, context)
  const passCode = generatePassword()
  await addIdentifier({ username, identifier: email, passCode }, context)
  return {
    authentication_code: code,
    identifier: email,
    pass_code: passCode,
    username,
    organisation: memberships[0]?.organisationId ?? '',
    unit: memberships[0]?.defaultUnitId ?? '',
  }
}

async function replaceIssuer(
  folder: string,
  context: Context,
): Promise<DemoKeyExchange['trusted_issuer']> {
  for await (const { id, issuer } of listTrustedIssuers(context)) {
    if (issuer === ISSUER.issuer) await removeTrustedIssuer({ issuer: id }, context)
  }
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = 'demo-identity'
  const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
  const pinnedKeys = JSON.stringify({ keys: [publicJwk] })
  await addTrustedIssuer({ name: 'Demo identity system', ...ISSUER, pinnedKeys }, context)
  for (const { username } of USERS) {
    await linkIdentity({ username, issuer: ISSUER.issuer, subject: username }, context)
  }
  const file: IdentityKeyFile = {
    ...ISSUER,
    private_key: { ...pair.privateKey.export({ format: 'jwk' }), kid },
  }
  const path = keyPath(folder)
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  return {
    ...ISSUER,
    key_file: path,
    subjects: USERS.map(({ username }) => username),
    jwt_command: `npx ostiary identity-jwt --key ${path} --subject ${USERS[0]?.username}`,
  }
}

function keyPath(folder: string): string {
  return join(folder, 'identity-key.json')
}
