// ostiary restore …

import { existsSync, rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { Config, DatabaseSettings } from '../config/load.ts'
import { resolveTenants } from '../config/tenants.ts'
import { restoreDatabase } from '../operations/restore.ts'
import { systemClock } from '../platform/clock.ts'
import { loadMasterKey } from '../platform/master-key.ts'
import { Sealer } from '../platform/seal.ts'
import type { GrantsToEnd, RestoredDatabase } from '../store/port/restore.ts'
import { NoDatabaseError } from '../store/port.ts'
import { checkMasterKeyFits } from '../tokens/keys.ts'
import { whereMasterKeyIs } from './backup-command.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { readConfig } from './deployment.ts'
import { CommandError, reasonOf, UsageError } from './failure.ts'
import { readLaterRevocations } from './feed/later-revocations.ts'
import { requireNamedFile } from './places.ts'
import { describeLost, describeRestoration, type Restored, whatIsMissing } from './restore-texts.ts'

interface RestoreOptions extends SharedOptions {
  readonly feed?: readonly string[]
  readonly endAllGrants?: boolean
  readonly acceptLostRevocations?: boolean
}

export function addRestoreCommand(program: Command, terminal: Terminal): void {
  addCommand<RestoreOptions>(program, terminal, {
    usage: 'restore [file]',
    description:
      'put a backup in the place of the SQLite database, or finish a restore of PostgreSQL; no server may run',
    options: (command) =>
      command
        .option(
          '--feed <files...>',
          'copies that `ostiary feed follow` kept, one for each issuer: what was ended since the backup ends again, and so does every refresh token that is replaced at each use',
        )
        .addOption(
          new Option(
            '--end-all-grants',
            'end all authorizations: users have to allow every app again',
          ).conflicts('acceptLostRevocations'),
        )
        .option(
          '--accept-lost-revocations',
          'make everything in the backup valid again: refresh tokens that were spent since, and what was revoked since, unless --feed names it',
        ),
    run: async (options, [file]) => {
      const config = readConfig(options, terminal)
      const { database } = config
      const outcome =
        database.kind === 'sqlite'
          ? await restoreFile(file, { config, path: database.path, options, terminal })
          : await restorePostgres(file, { config, url: database.url, options, terminal })
      const lost = describeLost(outcome.restored)
      const { restored, keptAs } = outcome
      return {
        data: { ...restored.result, ends: restored.ends, keptAs, lost },
        text: describeRestoration(restored, { keptAs, lost }),
      }
    },
  })
}

interface Task {
  readonly config: Config
  readonly options: RestoreOptions
  readonly terminal: Terminal
}

interface Outcome {
  readonly restored: Restored
  /** Where the database is that was there before. */
  readonly keptAs: string | null
}

async function restorePostgres(
  file: string | undefined,
  { url, ...task }: Task & { readonly url: string },
): Promise<Outcome> {
  if (file !== undefined) {
    throw new UsageError(
      'PostgreSQL is restored with its own tools: stop all servers, `pg_restore --clean --if-exists --dbname="$OSTIARY_DATABASE_URL" <file>`, then `ostiary restore` without a file',
    )
  }
  const others = await task.terminal.parts.listOtherConnections(url)
  if (others.length > 0) {
    throw new CommandError(
      `the database is in use, by ${others.join(', ')}\n→ stop every server and whatever else is connected, then run this again; nothing was changed`,
    )
  }
  return { restored: await restoreAt(task.config.database, task), keptAs: null }
}

/** The work is done on a copy beside the database, which takes its place when all is done: until then nothing changes. */
async function restoreFile(
  file: string | undefined,
  { path, ...task }: Task & { readonly path: string },
): Promise<Outcome> {
  const { parts } = task.terminal
  if (file !== undefined) requireNamedFile(file)
  const isKeyMissing =
    task.config.masterKey === undefined && !existsSync(whereMasterKeyIs(task.config))
  if (isKeyMissing) {
    throw new CommandError(
      `the master key of this backup is not at ${whereMasterKeyIs(task.config)}\n→ put it there first: with another one the database is worth nothing; nothing was changed`,
    )
  }
  const held = await parts.holdDatabase(path)
  if (!held) {
    throw new CommandError(
      `${path} is in use: a server runs on it, or another program has it open\n→ stop it, then run this again; nothing was changed`,
    )
  }
  const copy = `${path}.restoring`
  const isThere = existsSync(path)
  try {
    removeDatabase(copy)
    if (file === undefined) held.copyTo(copy)
    else await copyBackup(file, copy, task)
    const restored = await restoreAt({ kind: 'sqlite', path: copy }, task)
    const keepAs = `${path}.before-${new Date(systemClock.nowMilliseconds()).toISOString().replace(/[-:]|\.\d+/g, '')}`
    held.replaceBy(copy, { keepAs })
    return { restored, keptAs: isThere ? keepAs : null }
  } finally {
    held.release()
    removeDatabase(copy)
  }
}

async function copyBackup(file: string, copy: string, { terminal }: Task): Promise<void> {
  try {
    await terminal.parts.copyDatabase(file, copy)
  } catch (cause) {
    if (!(cause instanceof NoDatabaseError)) throw cause
    throw new UsageError(
      `${file} is no backup of Ostiary: ${reasonOf(cause)}\n→ name a file that \`ostiary backup\` wrote; nothing was changed`,
      { cause },
    )
  }
}

function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
}

async function restoreAt(settings: DatabaseSettings, task: Task): Promise<Restored> {
  const database = await task.terminal.parts.openRestored(settings)
  try {
    const restored = await restore(database, task)
    // A token that the first server gives must not look as if it came from before.
    const waitSeconds = restored.result.issuedUntilSeconds + 1 - systemClock.nowSeconds()
    await setTimeout(Math.max(0, waitSeconds) * 1000)
    return restored
  } finally {
    await database.close()
  }
}

async function restore(database: RestoredDatabase, { config, options }: Task): Promise<Restored> {
  const state = await database.look()
  const tenants = resolveTenants(config)
  // The last chance: the servers make new keys under whatever master key they are given.
  const sealer = new Sealer(loadMasterKey(config))
  await checkMasterKeyFits(tenants, { store: database, clock: systemClock, sealer })
  const { feed = [] } = options
  const ends = grantsToEnd(options)
  const copies = feed.map((path) =>
    readLaterRevocations(path, {
      epoch: state.epoch,
      lastSequenceOf: (issuer) => {
        const tenant = tenants.find((each) => each.issuer === issuer)
        const known = state.tenants.find((each) => each.tenant === tenant?.name)
        return tenant && (known?.lastSequence ?? 0)
      },
    }),
  )
  const copyOf = (issuer: string) => copies.find((copy) => copy.issuer === issuer)
  const missing = tenants.filter(({ issuer }) => copyOf(issuer) === undefined)
  if (missing.length > 0 && ends === 'rotating') {
    throw new UsageError(whatIsMissing(missing, state, systemClock.nowSeconds()))
  }
  const later = new Map(
    tenants.flatMap(({ name, issuer }) => {
      const copy = copyOf(issuer)
      return copy ? [[name, copy] as const] : []
    }),
  )
  const result = await restoreDatabase(
    { later, ends, tenants: tenants.map(({ name }) => name) },
    { database, state, clock: systemClock },
  )
  return { result, state, copies, ends: result.ends }
}

/** Only who says in so many words that it does not matter gets back what may have been spent. */
function grantsToEnd({ endAllGrants, acceptLostRevocations }: RestoreOptions): GrantsToEnd {
  if (endAllGrants) return 'all'
  return acceptLostRevocations ? 'named' : 'rotating'
}
