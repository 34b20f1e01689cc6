// The events of the model's changes: each is remembered with the change that it was given to, if that came about.

import type { AuditEventRecord } from '../../../src/store/records.ts'
import type { State } from './state.ts'

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** The same methods, which remember the events that are among their arguments. */
export function auditedModel<Methods extends object>(methods: Methods, state: State): Methods {
  const audited = Object.entries(methods).map(([name, method]: [string, Method]) => [
    name,
    async (...args: readonly unknown[]) => {
      const result = await method(...args)
      if (isChange(result)) state.auditEvents.push(...args.flat().filter(isEvent))
      return result
    },
  ])
  return Object.fromEntries(audited)
}

const UNCHANGED: ReadonlySet<unknown> = new Set([
  ...[false, 'exists', 'outdated', 'lost'],
  ...['no_client', 'full', 'held', 'revoked'],
])

function isChange(result: unknown): boolean {
  // An import says which of its records are taken.
  if (Array.isArray(result)) return result.length === 0
  return !UNCHANGED.has(result)
}

function isEvent(argument: unknown): argument is AuditEventRecord {
  return typeof argument === 'object' && argument !== null && 'action' in argument
}
