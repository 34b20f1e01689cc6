// Mutants of what meets every request before its endpoint does, and of what keeps an installation honest: the audit
// trail, and the keys under which everything is sealed.

import { STORE, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const AUDIT_EVENTS = 'server/src/store/sql/audit-events.ts'

const trail: readonly Mutant[] = [
  {
    name: 'a change that came about is told to nobody',
    breaks: 'ASVS 16.2.1',
    file: AUDIT_EVENTS,
    find: '    if (!(recorded || UNCHANGED.has(step.value))) yield* recordAuditEvent(event)\n',
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'a change that did not come about is told of',
    breaks: 'ASVS 16.2.1',
    file: AUDIT_EVENTS,
    find: 'recorded || UNCHANGED.has(step.value)',
    replace: 'recorded',
    killedBy: STORE,
  },
  {
    name: 'the last step of a change leaves its event behind',
    breaks: 'ASVS 16.2.1',
    file: AUDIT_EVENTS,
    find: 'const more = last ? [call(insertAuditEvent, event)] : []',
    replace: 'const more = last ? [] : []',
    killedBy: STORE,
  },
  {
    name: 'an import is told to nobody',
    breaks: 'ASVS 16.2.1',
    file: 'server/src/store/sql/imports.ts',
    find: '  yield* inBatches(events.map((event) => call(insertAuditEvent, event)))\n',
    times: 2,
    replace: '  void events\n',
    killedBy: STORE,
  },
  {
    name: 'an app is disabled twice, and both are told of',
    breaks: 'ASVS 16.2.1',
    file: 'server/src/operations/clients.ts',
    find: '  if (!disabled) throw',
    replace: '  if (disabled === undefined) throw',
    killedBy: unit('operations/clients'),
  },
  {
    name: 'nobody without a password has a session',
    breaks: 'D3',
    file: 'server/src/store/sql/hold-password.ts',
    find: "'passwordHash', 'is not distinct from', p.passwordHash",
    replace: "'passwordHash', '=', p.passwordHash",
    killedBy: STORE,
  },
]

const paths: readonly Mutant[] = [
  {
    name: 'another spelling of a path with parameters is served',
    breaks: 'E14',
    file: 'server/src/http/serve-request.ts',
    find: "segment.startsWith(':') || segment === segments[at]",
    replace: "segment.startsWith(':') || segment !== '' || segments[at] === ''",
    killedBy: unit('http/read'),
  },
  {
    name: 'a path parameter may hold a NUL',
    breaks: 'E13',
    file: 'server/src/http/read.ts',
    find: "value.includes('\\0') || !value.isWellFormed()",
    replace: '!value.isWellFormed()',
    killedBy: unit('http/read'),
  },
]

export const edgeAndOperation: Area = {
  name: 'The edge, the audit trail and the master key',
  mutants: [...trail, ...paths],
}
