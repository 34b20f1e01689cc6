// What a restored database must not give again: whatever was issued or ended since the backup was made. Lines of the
// feed name by hash what they are about; here they find it again in the database.

import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { newId } from '../platform/random.ts'
import {
  type EndedSubject,
  type GrantsToEnd,
  KIND_OF_SOURCE,
  type RestoredDatabase,
  type RestoredState,
  type SubjectSource,
} from '../store/port/restore.ts'

/** What is known of the time between the backup and now, of one tenant. */
export interface LaterRevocations {
  /** `id` of every line of the feed since the backup. */
  readonly ids: ReadonlySet<string>
  /** The last number that any follower can have seen. */
  readonly lastSequence: number
}

export interface RestoreInput {
  /** Of the tenants whose feed was kept. */
  readonly later: ReadonlyMap<string, LaterRevocations>
  readonly ends: GrantsToEnd
  /** Tenants of the configuration; those that the database knows are restored as well. */
  readonly tenants: readonly string[]
}

export interface RestoreResult {
  readonly epoch: string
  readonly issuedUntilSeconds: number
  /** What was asked for, or more. */
  readonly ends: GrantsToEnd
  readonly ended: readonly EndedInTenant[]
}

export interface EndedInTenant {
  readonly tenant: string
  readonly grants: number
  /** By name: what ended them (a new password, say) is not in the database. */
  readonly users: readonly string[]
  readonly clients: readonly string[]
}

/** Clocks of nodes differ a little: a token of the lost time must not look as if it came after the restore. */
const CLOCK_MARGIN_SECONDS = 5
/** Numbers begin anew in a new epoch, but a log or a person that compares them should not be misled. */
const SEQUENCES_APART = 1_000_000
const BATCH = 1000

export async function restoreDatabase(
  { later, ends: wanted, tenants }: RestoreInput,
  { database, state, clock }: { database: RestoredDatabase; state: RestoredState; clock: Clock },
): Promise<RestoreResult> {
  const nowSeconds = clock.nowSeconds()
  const epoch = newId()
  const names = new Set([...tenants, ...state.tenants.map(({ tenant }) => tenant)])
  const ends = [...later.values()].some(wasRestored) ? 'all' : wanted
  const found = await Promise.all(
    [...names].map(async (tenant) => ({
      tenant,
      subjects: await findSubjects(database, tenant, later.get(tenant)?.ids ?? new Set()),
    })),
  )
  const issuedUntilSeconds = nowSeconds + CLOCK_MARGIN_SECONDS
  await database.restore({
    epoch,
    nowSeconds,
    issuedUntilSeconds,
    tenants: found.map(({ tenant, subjects }) => ({
      tenant,
      ends,
      isKnown: later.has(tenant),
      ended: subjects,
      firstSequence: SEQUENCES_APART + lastSequenceOf(tenant, state, later),
    })),
  })
  return {
    epoch,
    issuedUntilSeconds,
    ends,
    ended: found.map(({ tenant, subjects }) => summarise(tenant, subjects)),
  }
}

const LINE_OF_TENANT = sha256('tenant:')

/**
 * Whether there was another restore since the backup. It may have ended all grants, of which its one line does not tell:
 * to go by the other lines would make them good again.
 */
function wasRestored({ ids }: LaterRevocations): boolean {
  return ids.has(LINE_OF_TENANT)
}

function lastSequenceOf(
  tenant: string,
  state: RestoredState,
  later: RestoreInput['later'],
): number {
  const inBackup = state.tenants.find((each) => each.tenant === tenant)?.lastSequence ?? 0
  return Math.max(inBackup, later.get(tenant)?.lastSequence ?? 0)
}

const SOURCES = Object.keys(KIND_OF_SOURCE) as SubjectSource[]

interface FoundSubject extends EndedSubject {
  readonly name: string | null
}

/** Reads in batches: there may be more grants than fit in memory, but not more that have ended lately. */
async function findSubjects(
  database: RestoredDatabase,
  tenant: string,
  ids: ReadonlySet<string>,
): Promise<FoundSubject[]> {
  const found: FoundSubject[] = []
  if (ids.size === 0) return found
  for (const source of SOURCES) {
    const kind = KIND_OF_SOURCE[source]
    let afterId = ''
    for (let more = true; more; ) {
      const page = await database.listSubjects({ tenant, source, afterId, limit: BATCH })
      for (const { id, tag, name } of page) {
        const isEnded = [id, tag].some((key) => ids.has(sha256(`${kind}:${key}`)))
        if (isEnded) found.push({ source, id, name })
      }
      afterId = page.at(-1)?.id ?? ''
      more = page.length === BATCH
    }
  }
  return found
}

function summarise(tenant: string, subjects: readonly FoundSubject[]): EndedInTenant {
  const namesOf = (kind: string) =>
    subjects.flatMap(({ source, name, id }) =>
      KIND_OF_SOURCE[source] === kind ? [name ?? id] : [],
    )
  return {
    ...{ tenant, grants: namesOf('grant').length },
    ...{ users: namesOf('user'), clients: namesOf('client') },
  }
}
