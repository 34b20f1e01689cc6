// Looks at the database: whether it answers, whether it is migrated, how old the signing keys are.

import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../../config/load.ts'
import { resolveTenants } from '../../config/tenants.ts'
import { systemClock } from '../../platform/clock.ts'
import { MasterKeyError } from '../../platform/master-key.ts'
import { Sealer } from '../../platform/seal.ts'
import type { Tenant } from '../../protocol/tenant.ts'
import type { Store } from '../../store/port.ts'
import { checkMasterKeyFits } from '../../tokens/keys.ts'
import { reasonOf } from '../failure.ts'
import type { Host } from '../host.ts'
import { type Finding, well, wrong } from './finding.ts'
import { usableMasterKey } from './installation.ts'

const DAY = 86_400
/** So long a connection and what is told on it may take. */
const NEWS_MILLISECONDS = 2500
/** A server rotates within minutes of the due time: so much later, none is running or it cannot. */
const OVERDUE_SECONDS = DAY

export async function checkDatabase(config: Config, host: Host): Promise<readonly Finding[]> {
  const { database } = config
  if (database.kind === 'sqlite' && !existsSync(database.path)) {
    return [well('Database', `${database.path} is made when the server first starts`)]
  }
  const migrations = await checkMigrations(config, host)
  if (!migrations.ok) return [migrations]
  const pooler = await checkPooler(database, host)
  if (pooler) return [migrations, pooler]
  let store: Store
  try {
    store = await host.parts.openStore(database, { migrate: false })
  } catch (error) {
    return [migrations, wrong('Database', reasonOf(error), 'run `ostiary migrate`')]
  }
  try {
    const tenants = resolveTenants(config)
    const keys = await Promise.all(tenants.map((tenant) => checkKeyAge(tenant, store)))
    const news = database.kind === 'postgres' ? [await checkNews(store)] : []
    return [migrations, ...news, ...(await checkSeals(config, store)), ...keys]
  } finally {
    await store.close()
  }
}

async function checkMigrations({ database }: Config, host: Host): Promise<Finding> {
  const subject = 'Database'
  try {
    const { pending } = await host.parts.migrationStatus(database)
    if (pending.length === 0) return well(subject, `${database.kind}, up to date`)
    return wrong(subject, `${pending.join(', ')} pending`, 'run `ostiary migrate`')
  } catch (error) {
    const fix =
      database.kind === 'postgres'
        ? 'check that PostgreSQL runs, and the address, user and password in database.url'
        : `check that ${database.path} is a file of Ostiary that this user may write`
    return wrong(subject, reasonOf(error), fix)
  }
}

/** What is well there is nothing to speak of. */
async function checkPooler(database: Config['database'], host: Host): Promise<Finding | undefined> {
  if (database.kind === 'sqlite') return undefined
  const trouble = await host.parts.findPoolerTrouble(database.url)
  if (trouble === 'parameters') {
    return wrong(
      'Pooler',
      'PgBouncer refuses connections that ask for time limits',
      'add `ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout` to pgbouncer.ini',
    )
  }
  if (trouble === undefined || !database.preparedStatements) return undefined
  return wrong(
    'Pooler',
    'prepared statements are lost, because each transaction may come to another connection',
    'set database.preparedStatements to false, or take PgBouncer 1.21 or later with max_prepared_statements',
  )
}

/** It works either way: where nothing is told, servers look for it. */
async function checkNews(store: Store): Promise<Finding> {
  const told = new Promise<boolean>((resolve) => {
    store.hearNews(() => void (store.hearsOthers() && resolve(true)))
  })
  const isTold = await Promise.race([told, delay(NEWS_MILLISECONDS, false, { ref: false })])
  return well(
    'Revocations',
    isTold
      ? 'PostgreSQL tells each server of those by others'
      : 'servers look ten times a second for those by others, because nothing that PostgreSQL tells arrives; behind PgBouncer, database.listenUrl changes that',
  )
}

/** Nothing where there is no usable master key: that is a finding of its own. */
async function checkSeals(config: Config, store: Store): Promise<readonly Finding[]> {
  const subject = 'Sealed keys'
  const masterKey = usableMasterKey(config)
  if (masterKey === undefined) return []
  try {
    const sealer = new Sealer(masterKey)
    await checkMasterKeyFits(resolveTenants(config), { store, clock: systemClock, sealer })
    return [well(subject, 'the master key opens them')]
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    return [wrong(subject, error.what, error.remedy)]
  }
}

async function checkKeyAge(tenant: Tenant, store: Store): Promise<Finding> {
  const subject = `Keys of ${tenant.name}`
  const now = systemClock.nowSeconds()
  const keys = await store.listKeys(tenant.name, now)
  const sinces = keys
    .filter(({ state }) => state === 'current')
    .map((key) => ({ ...key, ageSeconds: now - (key.activatedAtSeconds ?? key.createdAtSeconds) }))
    .toSorted((one, other) => other.ageSeconds - one.ageSeconds)
  const [oldest] = sinces
  if (!oldest) return well(subject, 'are made when the server first starts')
  const { ageSeconds } = oldest
  const algorithms = [...new Set(sinces.map(({ algorithm }) => algorithm))].join(' and ')
  const age = `${algorithms}, signing for ${Math.floor(ageSeconds / DAY)} days`
  if (ageSeconds <= tenant.policy.signing.rotateEverySeconds + OVERDUE_SECONDS) {
    return well(subject, age)
  }
  return wrong(subject, `${age}, which is overdue`, 'run `ostiary key rotate`, or keep a server up')
}
