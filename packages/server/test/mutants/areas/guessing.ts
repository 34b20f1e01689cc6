// Mutants of the limit on guessing: who fails has to wait, and nobody else.

import { attacks, flows, STORE, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const SETTLE_TRY = 'server/src/store/sql/settle-try.ts'

const GUESSING = 'server/src/identity/guessing.ts'
const LIMITS = 'server/src/identity/sign-in-limits.ts'
const CALLERS = 'server/src/identity/known-callers.ts'
const CONSUMERS = 'server/src/identity/consumers.ts'
const LOOK_UPS = 'server/src/identity/look-ups.ts'
const GUESSES = 'server/src/store/sql/guesses.ts'
const FLOW = flows('flows/guessing')
const EXCHANGES = attacks('attacks/application-key-guessing')

const BY_ADDRESS = { ...flows('flows/sign-in-by-address'), names: '^(?!.*postgres)' }
const USERS = 'server/src/store/sql/users.ts'

const byAddress: readonly Mutant[] = [
  {
    name: 'an address signs in that nobody has verified',
    breaks: 'D18, clients row 33',
    file: USERS,
    find: 'sql<boolean>`email_verified = 1`',
    replace: 'sql<boolean>`email_verified < 2`',
    killedBy: BY_ADDRESS,
  },
  {
    name: 'of two with one address the first signs in',
    breaks: 'clients row 33',
    file: USERS,
    find: 'found.username === name || another === undefined',
    replace: 'found.username !== undefined || another === undefined',
    killedBy: BY_ADDRESS,
  },
  {
    name: 'an address goes before the name of another',
    breaks: 'clients row 33',
    file: USERS,
    find: '.then(0).else(1)',
    replace: '.then(1).else(0)',
    killedBy: BY_ADDRESS,
  },
  {
    name: 'somebody new is called by the address of another',
    breaks: 'clients row 33',
    file: 'server/src/operations/user-input.ts',
    find: "username.includes('@') && !isOwnAddress(username, input)",
    replace: "username.includes('@') && input.name === username",
    killedBy: BY_ADDRESS,
  },
  {
    name: 'a new address is as verified as the one before it',
    breaks: 'clients row 33',
    file: 'server/src/operations/users.ts',
    find: 'email === user.email && user.emailVerified',
    replace: 'user.emailVerified',
    killedBy: BY_ADDRESS,
  },
  {
    name: 'a locked name tells whose address is whose',
    breaks: 'D18',
    file: 'server/src/identity/sign-in.ts',
    find: "const typed = ['user', username]",
    replace: "const typed = ['user', user?.username ?? username]",
    killedBy: { ...attacks('attacks/sign-in'), names: '^(?!.*postgres).*D18' },
  },
  {
    name: 'an address that nobody has is refused without a check',
    breaks: 'D18, D6',
    file: 'server/src/identity/sign-in.ts',
    find: '  const caller = await findKnownCaller(user?.id, source, deps)\n',
    replace:
      "  if (user === null) return { outcome: 'wrong_credentials' }\n  const caller = await findKnownCaller(user?.id, source, deps)\n",
    killedBy: { ...attacks('attacks/sign-in'), names: '^(?!.*postgres).*D18' },
  },
]

export const guessing: Area = {
  name: 'Guessing',
  mutants: [
    ...byAddress,
    {
      name: 'a failed check counts nothing',
      breaks: 'D7',
      file: GUESSING,
      find: "result === undefined ? 'failed' : 'right'",
      replace: "result === undefined ? 'not_made' : 'right'",
      killedBy: FLOW,
    },
    {
      name: 'a check that was not made counts as a failure',
      breaks: 'D7, DESIGN §12',
      file: GUESSING,
      find: "await settle('not_made')",
      replace: "await settle('failed')",
      killedBy: unit('identity/guessing'),
    },
    {
      name: 'a try that finds no room is refused as a guess',
      breaks: 'D7, DESIGN §12',
      file: GUESSING,
      find: "if (outcome.outcome === 'busy') return undefined",
      replace: "if (outcome.outcome === 'busy') return { seconds: 1 }",
      killedBy: unit('identity/guessing'),
    },
    {
      name: 'a wrong password of a moment ago stands for the same one now',
      breaks: 'D7',
      file: GUESSING,
      find: "if (same?.outcome === 'right') return",
      replace: 'if (same !== undefined) return',
      killedBy: unit('identity/guessing'),
    },
    {
      name: 'what strangers have used up keeps out a known browser',
      breaks: 'D7, DESIGN §12',
      file: LIMITS,
      find: 'deviceId === undefined ? []',
      replace: "deviceId !== '' ? []",
      killedBy: FLOW,
    },
    {
      name: 'what strangers have used up keeps out a known address',
      breaks: 'D7, DESIGN §12',
      file: LIMITS,
      find: '(known ? [[',
      replace: '(known && deviceId !== undefined ? [[',
      killedBy: FLOW,
    },
    {
      name: 'strangers of many addresses are not counted together',
      breaks: 'D7',
      file: LIMITS,
      find: '    [caller, ofSource, strangers],',
      replace: '    [caller, ofSource],',
      killedBy: FLOW,
    },
    {
      name: 'strangers who have failed go before the owner',
      breaks: 'D7, DESIGN §12',
      file: LIMITS,
      find: 'thenEverySecondsAfterFailures: 20',
      replace: 'thenEverySecondsAfterFailures: 10',
      killedBy: FLOW,
    },
    {
      name: 'the cookie of a browser is good for other users',
      breaks: 'D7, DESIGN §12',
      file: CALLERS,
      find: 'device.userId === user.id && device.password === password',
      replace: "device.userId !== '' && device.password !== ''",
      killedBy: FLOW,
    },
    {
      name: 'the cookie of a browser outlives the password',
      breaks: 'D7, DESIGN §12',
      file: CALLERS,
      find: 'device.userId === user.id && device.password === password',
      replace: "device.userId === user.id && password !== ''",
      killedBy: FLOW,
    },
    {
      name: 'an address is known at every account',
      breaks: 'D7, DESIGN §12',
      file: CALLERS,
      find: "const caller = guesses.digest('known caller', account, source)",
      replace:
        "const caller = guesses.digest('known caller', source)\n  if (account !== '') return callerKey('', source, { tenant, guesses } as KnownCallerDeps)",
      killedBy: FLOW,
    },
    {
      name: 'names that are made up have rows of their own',
      breaks: 'D7',
      file: GUESSING,
      find: 'readUInt32BE() % SLOTS',
      replace: 'readUInt32BE()',
      killedBy: FLOW,
    },
    {
      name: 'a source that guesses codes keeps out what it has proven before',
      breaks: 'C4, DESIGN §12',
      file: LOOK_UPS,
      find: 'if (!known) throw',
      replace: 'if (known || !known) throw',
      killedBy: EXCHANGES,
    },
    {
      name: 'a source that guesses codes goes on guessing',
      breaks: 'C4',
      file: LOOK_UPS,
      find: 'if (seconds === undefined) return found',
      replace: 'if (seconds !== -1) return found',
      killedBy: EXCHANGES,
    },
    {
      name: 'whoever shares a key has failures in common',
      breaks: 'C4, DESIGN §12',
      file: CONSUMERS,
      find: 'source: [asker.keyId, request.source]',
      replace: 'source: [asker.keyId]',
      killedBy: EXCHANGES,
    },
    {
      name: 'another organisation uses up the tries at a pass code',
      breaks: 'D7, B20',
      file: CONSUMERS,
      find: "account: ['identifier', organisationId, hash]",
      replace: "account: ['identifier', organisationId === '' ? '' : hash]",
      killedBy: EXCHANGES,
    },
    {
      name: 'the store counts more failures than are allowed',
      breaks: 'C4',
      file: GUESSES,
      within: 'const countFailureOf',
      find: 'guesses.failures < excluded.allowed\n',
      replace: 'true\n',
      killedBy: STORE,
    },
    {
      name: 'the store counts more failures than are allowed while a window runs',
      breaks: 'C4',
      file: GUESSES,
      within: 'const countInWindow',
      find: ' and guesses.failures < ',
      replace: ' and 0 < ',
      killedBy: STORE,
    },
    {
      name: 'the store counts failures into a window that is over',
      breaks: 'C4',
      file: GUESSES,
      within: 'const countInWindow',
      find: 'and window_ends_at_seconds > ',
      replace: 'and 0 <> ',
      killedBy: STORE,
    },
    {
      name: 'one queue for passwords is full for everybody',
      breaks: 'D8',
      file: 'server/src/platform/queue.ts',
      find: '      longest.pop()?.refuse()\n      waiting -= 1\n      return true',
      replace: '      return false',
      killedBy: unit('platform/queue'),
    },
    {
      name: 'failed sign-ins fill the log',
      breaks: 'DESIGN §11',
      file: 'server/src/identity/failed-checks.ts',
      find: 'if (minute.lines >= LINES_PER_MINUTE) {',
      replace: 'if (minute.lines < 0) {',
      killedBy: unit('identity/failed-checks'),
    },
    {
      name: 'failed sign-ins fill the audit trail',
      breaks: 'DESIGN §11',
      file: SETTLE_TRY,
      find: 'counted.failures > MOST_STRANGERS_EVENTS) return',
      replace: 'counted.failures < 0) return',
      killedBy: STORE,
    },
    {
      name: 'one source fills the audit trail with one account',
      breaks: 'DESIGN §11',
      file: SETTLE_TRY,
      find: "  if ('spentForSeconds' in (yield* countFailure({ tenant, nowSeconds, allowance }))) return\n",
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'the trail is told of every failed check',
      breaks: 'DESIGN §11',
      file: SETTLE_TRY,
      find: 'if (isToldOf && isSpent)',
      replace: 'if (isToldOf)',
      killedBy: STORE,
    },
    {
      name: 'nobody hears of the events that were left out',
      breaks: 'security L5',
      file: SETTLE_TRY,
      find: '  yield* tellLeftOut(yield* run(endQuotaOfTenant, { tenant, nowSeconds }), nowSeconds)\n',
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'what was left out is forgotten where no stranger comes again',
      breaks: 'security L5',
      file: 'server/src/store/sql/store.ts',
      find: 'await driver.transact(() => tellAllLeftOut(batch.nowSeconds))',
      replace: '0',
      killedBy: STORE,
    },
  ],
}
