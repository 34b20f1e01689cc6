// Mutants of what meets every request before its endpoint does, and of what keeps an installation honest: the audit
// trail, and the keys under which everything is sealed.

import { flows, STORE, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const READ = 'server/src/http/read.ts'
const AUDIT_EVENTS = 'server/src/store/sql/audit-events.ts'

const trail: readonly Mutant[] = [
  {
    name: 'a change that came about is told to nobody',
    breaks: 'ASVS 16.2.1',
    file: AUDIT_EVENTS,
    find: '    if (!(recorded || UNCHANGED.has(step.value))) yield* finishWith([call(insertAuditEvent, event)])\n',
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
    find: '    events.map((event) => call(insertAuditEvent, event)),\n',
    times: 2,
    replace: '    [],\n',
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

const bounds: readonly Mutant[] = [
  {
    name: 'a parameter may be as long as the body',
    breaks: 'E18, ASVS 2.2.1',
    file: 'server/src/protocol/lengths.ts',
    find: '  if (value.length <= maxLengthOf(name)) return\n',
    replace: '  if (value.length < Number.POSITIVE_INFINITY) return\n',
    killedBy: unit('protocol/lengths'),
  },
  {
    name: 'the name of a parameter may be as long as the body',
    breaks: 'E18',
    file: 'server/src/protocol/lengths.ts',
    find: 'name.length > MAX_NAME_LENGTH',
    replace: 'name.length > LONGEST_VALUE',
    killedBy: unit('protocol/lengths'),
  },
  {
    name: 'what nobody knows may be as long as the body',
    breaks: 'E18',
    file: 'server/src/protocol/lengths.ts',
    find: 'MAX_LENGTHS.get(parameter) ?? UNNAMED',
    replace: 'MAX_LENGTHS.get(parameter) ?? UNNAMED * 100',
    killedBy: unit('protocol/lengths'),
  },
  {
    name: 'texts in JSON are not measured',
    breaks: 'E18',
    file: 'server/src/protocol/json.ts',
    find: "  checkLength(name, typeof value === 'string' ? value : '')\n",
    replace: "  checkLength('', '')\n",
    killedBy: unit('protocol/lengths'),
  },
  {
    name: 'headers are not measured',
    breaks: 'E18',
    file: READ,
    find: '  checkHeaderLengths(headers)\n',
    replace: '  checkHeaderLengths({})\n',
    killedBy: unit('http/read'),
  },
  {
    name: 'a user name of any length is normalised',
    breaks: 'E18, D8',
    file: 'server/src/identity/usernames.ts',
    find: 'text.length > MAX_CODE_UNITS',
    replace: 'text.length > MAX_CODE_UNITS * 1000',
    killedBy: unit('identity/usernames'),
  },
  {
    name: 'towers of accents are sorted before they are cut',
    breaks: 'E18',
    file: 'server/src/ui/display-text.ts',
    find: "    .replace(TOO_MANY_MARKS, '$1')\n    .normalize('NFC')\n",
    replace: "    .normalize('NFC')\n",
    killedBy: unit('ui/display-text'),
  },
]

const ADDRESSES = 'server/src/platform/addresses.ts'
const CALLER = 'server/src/http/caller.ts'

const callers: readonly Mutant[] = [
  {
    name: 'each address of a network is a caller of its own',
    breaks: 'D7, CVE-2026-45364',
    file: ADDRESSES,
    find: 'const SOURCE_BITS = 64',
    replace: 'const SOURCE_BITS = 128',
    killedBy: unit('platform/addresses'),
  },
  {
    name: 'an address mapped into IPv6 is another',
    breaks: 'D7, CVE-2026-45364',
    file: ADDRESSES,
    find: 'ipaddr.IPv6.isValid(address) ? ipaddr.process(address)',
    replace: 'ipaddr.IPv6.isValid(address) ? ipaddr.parse(address)',
    killedBy: unit('platform/addresses'),
  },
  {
    name: 'what is no address is a caller of its own',
    breaks: 'D7',
    file: ADDRESSES,
    find: '  if (address === undefined) return UNKNOWN_ADDRESS\n',
    replace: "  if (address === undefined) return text ?? ''\n",
    killedBy: unit('platform/addresses'),
  },
  {
    name: 'whoever calls is believed about where from',
    breaks: 'D7, E7',
    file: CALLER,
    find: '  if (!isTrusted(peer.address)) {',
    replace: '  if (!isTrusted(peer.address) && forwarded === undefined) {',
    killedBy: unit('http/caller'),
  },
  {
    name: 'what strangers wrote into X-Forwarded-For is believed',
    breaks: 'D7, E7',
    file: CALLER,
    find: '    if (!isTrusted(address)) return address\n',
    replace: '',
    killedBy: unit('http/caller'),
  },
  {
    name: 'guesses at apps are counted by spelling',
    breaks: 'C4, CVE-2026-45364',
    file: 'server/src/client-auth/index.ts',
    find: 'request.source, deps)',
    replace: 'request.address, deps)',
    killedBy: { project: 'attacks', files: ['attacks/callers'], names: '^(?!.*postgres)' },
  },
  {
    name: 'the first of two Authorization headers counts',
    breaks: 'E12',
    file: 'server/src/http/repeated-headers.ts',
    find: "  'authorization',\n",
    replace: '',
    killedBy: { project: 'attacks', files: ['attacks/repeated-headers'] },
  },
  {
    name: 'a proxy that nobody trusts is not noticed',
    breaks: 'D7',
    file: CALLER,
    find: "return forwarded === '' ? peer",
    replace: "return forwarded !== 'x' ? peer",
    killedBy: unit('http/caller'),
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
    file: READ,
    find: "value.includes('\\0') || !value.isWellFormed()",
    replace: '!value.isWellFormed()',
    killedBy: unit('http/read'),
  },
]

const SIGNING_KEYS = 'server/src/tokens/keys.ts'

const masterKeys: readonly Mutant[] = [
  {
    name: 'a node with another master key joins those that run',
    breaks: 'R11',
    file: 'server/src/app.ts',
    find: '  await checkMasterKeyFits(resolveTenants(config), { store, clock, sealer })\n',
    replace: '  void checkMasterKeyFits\n',
    killedBy: { project: 'flows', files: ['flows/master-key'], names: '^(?!.*postgres)' },
  },
  {
    name: 'a key is rotated to one that does not open',
    breaks: 'R11',
    file: SIGNING_KEYS,
    find: '  if (!masterKeyLost) openAll([current, next], deps)\n',
    replace: '  void masterKeyLost\n',
    killedBy: { project: 'flows', files: ['flows/master-key'] },
  },
  {
    name: 'keys are made beside others that do not open',
    breaks: 'R11',
    file: SIGNING_KEYS,
    find: '  openAll(existing, deps)\n',
    replace: '',
    killedBy: unit('tokens/keys'),
  },
  {
    name: 'a node that can sign nothing is ready',
    breaks: 'R11',
    file: 'server/src/app.ts',
    find: '    for (const { keys } of parts) await keys.check()\n',
    replace: '    void parts\n',
    killedBy: { project: 'flows', files: ['flows/master-key'], names: '^(?!.*postgres)' },
  },
  {
    name: 'doctor is content with any master key',
    breaks: 'R11',
    file: 'server/src/cli/doctor/database.ts',
    find: '    return [wrong(subject, error.what, error.remedy)]\n',
    replace: "    return [well(subject, '')]\n",
    killedBy: { project: 'flows', files: ['flows/master-key'] },
  },
]

const arrivals: readonly Mutant[] = [
  {
    name: 'an old question of doctor is answered for ever',
    breaks: 'E15',
    file: 'server/src/http/examination.ts',
    find: 'Math.abs(nowSeconds - askedAtSeconds) <= MAX_AGE_SECONDS',
    replace: 'Math.abs(nowSeconds - askedAtSeconds) >= 0',
    killedBy: flows('flows/proxies'),
  },
  {
    name: 'doctor does not see a proxy that nobody trusts',
    breaks: 'D7',
    file: 'server/src/cli/doctor/issuer.ts',
    find: '  if (claimsProxy) {',
    replace: '  if (claimsProxy && subject === name) {',
    killedBy: flows('flows/proxies'),
  },
  {
    name: 'nobody hears that browsers come by another name',
    breaks: 'E7',
    file: 'server/src/http/wrong-issuer.ts',
    find: 'if (byName && byName !== host) tell(site, { host: byName })',
    replace: "if (byName && byName === '') tell(site, { host: byName })",
    killedBy: flows('flows/proxies'),
  },
  {
    name: 'a wrong issuer fills the log',
    breaks: 'E15',
    file: 'server/src/http/wrong-issuer.ts',
    find: '    told.add(tenant)\n',
    replace: '',
    killedBy: flows('flows/proxies'),
  },
]

export const edgeAndOperation: Area = {
  name: 'The edge, the audit trail and the master key',
  mutants: [...trail, ...bounds, ...callers, ...masterKeys, ...arrivals, ...paths],
}
