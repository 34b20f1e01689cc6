// The people, apps, keys and issuers of every world, put into an empty database once.

import { codeSealerOf } from '../../src/identity/access-identifiers.ts'
import { addAuthenticationCode, linkIdentity } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { addTrustedIssuer } from '../../src/operations/trusted-issuers.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { lastTokenEnd } from '../../src/protocol/token-lifetime.ts'
import type { Store } from '../../src/store/port.ts'
import { openStore, type StoreSettings } from '../../src/store/sql/open.ts'
import { createKeyRing, signingKeySealer } from '../../src/tokens/keys.ts'
import {
  IDENTITY_AUDIENCE,
  IDENTITY_ISSUER,
  type IdentityKey,
  jwksOf,
  newIdentityKey,
} from '../support/identity-system.ts'
import { API, MACHINE, populate, TENANT } from '../support/world.ts'
import {
  APPS,
  BROWSER_APP,
  DESKTOP_APP,
  MAY_ALL,
  recordOf,
  secretOf,
  USERNAMES,
  type Username,
} from './apps.ts'
import type { TenantKind } from './moves.ts'
import { FIRST_SETTINGS, tenantWith } from './tenants.ts'

export interface Seeded {
  readonly kind: TenantKind
  readonly sealer: Sealer
  readonly applicationKey: string
  readonly applicationKeyId: string
  /** Whose JWTs are exchanged. */
  readonly issuerId: string
  readonly issuerKey: IdentityKey
  /** What stands for each user, by how it is presented. */
  readonly codes: Readonly<Record<Username, string>>
  readonly identifiers: Readonly<Record<'code' | 'jwt', Readonly<Record<Username, string>>>>
}

/** A database that has just been upgraded knows until when there may be tokens without tags. */
export const UPGRADE = (nowSeconds: number) =>
  `update feeds set ids_until_seconds = ${lastTokenEnd(nowSeconds)}`

export async function seed(
  kind: TenantKind,
  settings: StoreSettings,
  clock: Clock,
): Promise<Seeded> {
  const sealer = new Sealer(Buffer.alloc(32, 7))
  const store = await openStore(settings, { migrate: true })
  const tenant = tenantWith(FIRST_SETTINGS[kind])
  await populate(store, clock.nowSeconds())
  await addApps(store, clock.nowSeconds())
  const codeSealer = codeSealerOf(sealer, tenant)
  const context = { tenant, store, clock, actor: 'operator', codeSealer }
  const organisation = { organisationId: 'acme', name: 'key' }
  const { key, record } = await createApplicationKey(organisation, context)
  const issuerKey = await newIdentityKey('identity')
  const issuer = await addTrustedIssuer(
    {
      ...{ name: 'identity', issuer: IDENTITY_ISSUER, audience: IDENTITY_AUDIENCE },
      pinnedKeys: jwksOf([issuerKey]),
    },
    context,
  )
  const [ada, bob] = USERNAMES
  const code = (username: Username) => addAuthenticationCode({ username }, context)
  const link = (username: Username) =>
    linkIdentity({ username, issuer: IDENTITY_ISSUER, subject: username }, context)
  const codes = { [ada]: await code(ada), [bob]: await code(bob) }
  const links = { [ada]: await link(ada), [bob]: await link(bob) }
  const keys = createKeyRing({ tenant, store, clock, sealer: signingKeySealer(sealer, tenant) })
  await keys.signer([API])
  await store.close()
  return {
    ...{ kind, sealer, issuerKey, issuerId: issuer.id },
    ...{ applicationKey: key, applicationKeyId: record.id },
    codes: { ada: codes.ada.code, bob: codes.bob.code },
    identifiers: {
      code: { ada: codes.ada.identifier.id, bob: codes.bob.identifier.id },
      jwt: { ada: links.ada.id, bob: links.bob.id },
    },
  }
}

/** Beside those that all tests have, which may do here what their contract allows. */
async function addApps(store: Store, nowSeconds: number): Promise<void> {
  for (const app of [DESKTOP_APP, BROWSER_APP]) {
    const record = recordOf(app, nowSeconds)
    await store.createClient(record, secretOf(app, record, nowSeconds))
  }
  for (const app of [...APPS, MACHINE]) {
    const found = await store.findClient(TENANT, asClientId(app.id))
    if (found) await store.updateClient(found.client, { ...found.client, allowances: MAY_ALL })
  }
}
