// Where an API tells how often which app called which of its versions. A batch counts once, however often it is sent.

import { authenticateApi } from '../client-auth/authenticate-api.ts'
import type { ClientAuthDeps } from '../client-auth/index.ts'
import { dayOf } from '../protocol/day.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asClientId } from '../protocol/ids.ts'
import type { Endpoint } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { VersionUseRecord } from '../store/records.ts'

export interface VersionUsageDeps extends ClientAuthDeps {
  readonly store: ClientAuthDeps['store'] & Pick<Store, 'recordVersionUses'>
}

const DAY_SECONDS = 86_400
/** An API may have been cut off for a while, and its clock may be a little ahead. */
const OLDEST_DAY = 3
const NEWEST_DAY = 1
/** Longer than a day is taken: whatever is sent again later is too old to count twice. */
const BATCH_REMEMBERED_SECONDS = 7 * DAY_SECONDS

export function createVersionUsageEndpoint(deps: VersionUsageDeps): Endpoint {
  return async (request) => {
    const client = await authenticateApi(request, deps)
    const { tenant, clock, store } = deps
    const nowSeconds = clock.nowSeconds()
    const { batch, uses } = readReport(request.json, nowSeconds)
    await store.recordVersionUses({
      batch: {
        tenant: tenant.name,
        purpose: `version uses told by ${client.id}`,
        id: batch,
        expiresAtSeconds: nowSeconds + BATCH_REMEMBERED_SECONDS,
      },
      uses: uses.filter(isOf(tenant)).map((use) => ({ tenant: tenant.name, ...use })),
    })
    return { kind: 'empty', status: 204 }
  }
}

type Use = Omit<VersionUseRecord, 'tenant'>

/** A version that is gone from the configuration, or an app from the store, must not cost the others their counts. */
function isOf({ apiVersions }: Tenant) {
  const known = new Set(apiVersions?.versions.map(({ version }) => version))
  return ({ version }: Use) => known.has(version)
}

const MAX_USES = 200
const MAX_CALLS = 1_000_000_000
const BATCH_ID = /^[\w-]{1,64}$/
const MAX_NAME_LENGTH = 128

/** @throws OAuthError parameter_missing, parameter_malformed, too_many_parameters */
function readReport(json: unknown, nowSeconds: number): { batch: string; uses: readonly Use[] } {
  const { batch, uses } = membersOf(json)
  if (batch === undefined) throw new OAuthError('parameter_missing', { parameter: 'batch' })
  if (typeof batch !== 'string' || !BATCH_ID.test(batch)) throw malformed('batch')
  if (uses === undefined) throw new OAuthError('parameter_missing', { parameter: 'uses' })
  if (!Array.isArray(uses)) throw malformed('uses')
  if (uses.length > MAX_USES) throw new OAuthError('too_many_parameters', { parameter: 'uses' })
  const days = acceptedDays(nowSeconds)
  return { batch, uses: uses.map((use, index) => readUse(use, `uses[${index}]`, days)) }
}

function readUse(value: unknown, place: string, days: ReadonlySet<string>): Use {
  const { client_id: clientId, version, day, calls } = membersOf(value)
  if (!isName(clientId)) throw malformed(`${place}.client_id`)
  if (!isName(version)) throw malformed(`${place}.version`)
  if (typeof day !== 'string' || !days.has(day)) throw malformed(`${place}.day`)
  if (typeof calls !== 'number' || !Number.isInteger(calls) || calls < 1 || calls > MAX_CALLS) {
    throw malformed(`${place}.calls`)
  }
  return { clientId: asClientId(clientId), version, day, calls }
}

function acceptedDays(nowSeconds: number): ReadonlySet<string> {
  const days = Array.from({ length: OLDEST_DAY + NEWEST_DAY + 1 }, (_, index) =>
    dayOf(nowSeconds + (index - OLDEST_DAY) * DAY_SECONDS),
  )
  return new Set(days)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : {}
}

function malformed(parameter: string): OAuthError {
  return new OAuthError('parameter_malformed', { parameter })
}
