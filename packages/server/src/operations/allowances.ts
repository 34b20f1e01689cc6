// Legacy allowances of apps: who gave which, why and until when, and how much they are used.

import { ALLOWANCE_NAMES, type Allowance, IGNORED_SCOPES } from '../protocol/allowance.ts'
import { dayOf } from '../protocol/day.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { ClientAllowance, ClientRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { checkExcuses } from './client-input.ts'
import { findRepeated } from './field-checks.ts'
import { type FieldProblem, type OperationContext, refusal, refuseIfAny } from './operation.ts'
import { changeClient, findRegisteredClient } from './registered-client.ts'

const DAY_SECONDS = 86_400
/** Long enough to move an app, short enough that somebody looks at it again. */
const AT_REGISTRATION_SECONDS = 730 * DAY_SECONDS
const LONGEST_SECONDS = 1825 * DAY_SECONDS
const MAX_TEXT = 200

/** What a new app of this contract may do from the beginning, because its documentation says so. */
export function allowancesAtRegistration(context: OperationContext): readonly ClientAllowance[] {
  const { tenant, clock, actor } = context
  const endsAtSeconds = clock.nowSeconds() + AT_REGISTRATION_SECONDS
  return ALLOWANCE_NAMES.filter((name) => tenant.rules.allowances[name] === 'at-registration').map(
    (name) => ({ name, owner: actor, reason: `contract ${tenant.contract}`, endsAtSeconds }),
  )
}

export function checkAllowances(
  allowances: readonly ClientAllowance[],
  { tenant, clock }: OperationContext,
): FieldProblem[] {
  const repeated = findRepeated(allowances.map(({ name }) => name))
  return [
    ...allowances.flatMap((allowance) => checkAllowance(allowance, tenant, clock.nowSeconds())),
    ...repeated.map((name) => ({ field: 'allowance', problem: `"${name}" is given twice` })),
  ]
}

function checkAllowance(
  { name, owner, reason, endsAtSeconds }: ClientAllowance,
  tenant: Tenant,
  nowSeconds: number,
): FieldProblem[] {
  const problems = checkDeclared(name, tenant)
  for (const [field, text] of Object.entries({ owner, reason })) {
    if (text.trim() === '') problems.push({ field, problem: 'is missing: say it in a few words' })
    if (text.length > MAX_TEXT) {
      problems.push({ field, problem: `is longer than ${MAX_TEXT} characters` })
    }
  }
  if (endsAtSeconds <= nowSeconds) problems.push({ field: 'until', problem: 'is in the past' })
  if (endsAtSeconds > nowSeconds + LONGEST_SECONDS) {
    problems.push({
      field: 'until',
      problem: 'is more than five years away: choose an earlier day',
    })
  }
  return problems
}

function checkDeclared(name: string, { contract, rules }: Tenant): FieldProblem[] {
  const declared = Object.keys(rules.allowances)
  if (declared.includes(name)) return []
  const choice = declared.length > 0 ? `it has ${declared.join(', ')}` : 'it has none at all'
  const problem = `"${name}" is no legacy allowance of contract ${contract}: ${choice}`
  return [{ field: 'allowance', problem }]
}

export interface AllowanceInput extends Omit<ClientAllowance, 'name'> {
  readonly clientId: string
  readonly allowance: string
}

/** Gives an app a legacy allowance, or changes the one it has. @throws OperationError */
export async function allowLegacy(
  { clientId, allowance, ...terms }: AllowanceInput,
  context: OperationContext,
): Promise<ClientRecord> {
  const { client } = await findRegisteredClient(clientId, context)
  const granted: ClientAllowance = { ...terms, name: allowance as Allowance }
  const excuses = checkExcuses({ type: client.type, allowances: [granted] })
  refuseIfAny([...checkAllowances([granted], context), ...excuses])
  const others = client.allowances.filter(({ name }) => name !== allowance)
  const allowances = [...others, granted]
  return changeClient(client, { allowances }, { context, action: 'legacy_allowance.granted' })
}

/** Takes a legacy allowance away, at once. @throws OperationError when the app does not have it */
export async function disallowLegacy(
  { clientId, allowance }: { readonly clientId: string; readonly allowance: string },
  context: OperationContext,
): Promise<ClientRecord> {
  const { client } = await findRegisteredClient(clientId, context)
  const allowances = client.allowances.filter(({ name }) => name !== allowance)
  if (allowances.length === client.allowances.length) {
    // First what may be misspelt: one that the contract does not know, no app can have.
    refuseIfAny(checkDeclared(allowance, context.tenant))
    throw refusal('allowance', `"${allowance}" is not one that "${clientId}" has`)
  }
  return changeClient(client, { allowances }, { context, action: 'legacy_allowance.removed' })
}

/** One allowance of one app, with its use of late. */
export interface LegacyUse extends ClientAllowance {
  readonly clientId: string
  readonly clientName: string
  readonly ended: boolean
  readonly uses: number
  /** `2026-11-21`, UTC; null when it was not used in that time. */
  readonly lastUsedDay: string | null
}

const REPORTED_DAYS = 30

export interface IgnoredScopes {
  readonly uses: number
  /** `2026-11-21`, UTC. */
  readonly lastDay: string
}

/** How often users allowed an app something while it asked for scopes that exist nowhere too, in the last 30 days. */
export async function findIgnoredScopes(
  { id }: Pick<ClientRecord, 'id'>,
  { tenant, store, clock }: OperationContext,
): Promise<IgnoredScopes | undefined> {
  const of = { tenant: tenant.name, clientId: id, fromDay: firstReportedDay(clock.nowSeconds()) }
  const uses = await store.listAllowanceUses(of)
  return uses.find(({ allowance }) => allowance === IGNORED_SCOPES)
}

function firstReportedDay(nowSeconds: number): string {
  return dayOf(nowSeconds - (REPORTED_DAYS - 1) * DAY_SECONDS)
}

/** Every legacy allowance of the tenant's apps, and how often it was used today and in the 29 days before. */
export async function* listLegacyUse(context: OperationContext): AsyncGenerator<LegacyUse> {
  const { tenant, store, clock } = context
  const now = clock.nowSeconds()
  const fromDay = firstReportedDay(now)
  for await (const client of walk((page) => store.listClients(tenant.name, page))) {
    if (client.disabledAtSeconds !== null || client.allowances.length === 0) continue
    const of = { tenant: tenant.name, clientId: client.id, fromDay }
    const uses = await store.listAllowanceUses(of)
    for (const granted of client.allowances) {
      const used = uses.find(({ allowance }) => allowance === granted.name)
      yield {
        ...granted,
        clientId: client.id,
        clientName: client.name,
        ended: now >= granted.endsAtSeconds,
        uses: used?.uses ?? 0,
        lastUsedDay: used?.lastDay ?? null,
      }
    }
  }
}
