// Each law catches what breaks it, and lets pass what looks like it but is allowed.

import { describe, expect, it } from 'vitest'
import type { Call, History, Rules } from './history.ts'
import { findViolations } from './laws.ts'

const RULES: Rules = {
  retryWindowMs: 5000,
  codeLifetimeMs: 60_000,
  codeRepeatMs: 10_000,
  jwtLifetimeMs: 60_000,
  clockSlackMs: 1000,
}
const HOUR = 3_600_000

/** Each call takes 10 ms, and starts a little after the one before has ended unless it says otherwise. */
function historyOf(...calls: readonly Partial<Call>[]): History {
  let now = 0
  return {
    rules: RULES,
    calls: calls.map((call): Call => {
      const startMs = call.startMs ?? now
      now = Math.max(now, startMs + 15)
      const outcome = call.outcome ?? 'ok'
      const status = { ok: 200, refused: 400, unknown: 503 }[outcome]
      const usual = { caller: 1, server: 'one', operation: 'introspect' as const, outcome, status }
      return { ...usual, startMs, endMs: startMs + 10, ...call }
    }),
  }
}

const lawsBrokenBy = (...calls: readonly Partial<Call>[]) =>
  findViolations(historyOf(...calls)).map(({ law }) => law)

const adaAndApp = { user: 'ada', client: 'app' }
const signIn: Partial<Call> = { operation: 'sign-in', user: 'ada', gives: { session: 's' } }
const consent: Partial<Call> = {
  ...adaAndApp,
  operation: 'consent',
  uses: 's',
  gives: { code: 'c' },
}
const redeem: Partial<Call> = {
  operation: 'redeem',
  uses: 'c',
  gives: { accessToken: 'a', refreshToken: 'r', lifetimeMs: HOUR },
}
const refresh: Partial<Call> = {
  operation: 'refresh',
  uses: 'r',
  gives: { accessToken: 'a2', refreshToken: 'r2', lifetimeMs: HOUR },
}
const refreshAgain: Partial<Call> = {
  operation: 'refresh',
  uses: 'r2',
  gives: { accessToken: 'a3', refreshToken: 'r3' },
}
const grant = [signIn, consent, redeem]
const active: Partial<Call> = { uses: 'a' }
const inactive: Partial<Call> = { uses: 'a', outcome: 'refused' }
const revoke: Partial<Call> = { operation: 'revoke', uses: 'a' }
const disconnect: Partial<Call> = { ...adaAndApp, operation: 'disconnect' }
const endUser: Partial<Call> = { operation: 'end-user', user: 'ada' }
const endApp: Partial<Call> = { operation: 'end-app', client: 'app' }
const signOut: Partial<Call> = { operation: 'sign-out', user: 'ada', uses: 's' }
const machine: Partial<Call> = {
  operation: 'client-grant',
  client: 'machine',
  gives: { accessToken: 'm' },
}
const exchange: Partial<Call> = {
  operation: 'exchange',
  client: 'api',
  uses: 'j',
  gives: { accessToken: 'x' },
}
const refused = { outcome: 'refused', gives: {} } as const
const unknown = { outcome: 'unknown', gives: {} } as const

describe('L1: an acknowledged token is good until it expires or is ended', () => {
  it.each([
    ['an access token is lost', [...grant, inactive]],
    ['a refresh token is lost', [...grant, { ...refresh, ...refused }]],
    ['a code is lost', [signIn, consent, { ...redeem, ...refused }]],
    ['a JWT is refused that was never used', [{ ...exchange, ...refused }]],
    [
      'a code that comes again at once ends its grant',
      [...grant, { ...redeem, ...refused }, inactive],
    ],
    ['a token of a client is lost', [machine, { uses: 'm', outcome: 'refused' as const }]],
    ['a client is not known any more', [{ ...machine, ...refused }]],
    ['a retry inside its window ends the grant', [...grant, refresh, { ...refresh, ...refused }]],
    [
      'of two refreshes at once one hears no',
      [...grant, { ...refresh, startMs: 100 }, { ...refresh, ...refused, startMs: 101 }],
    ],
    ['a session is lost', [signIn, { ...consent, operation: 'authorize' as const, ...refused }]],
    [
      'an end of something else takes it along',
      [...grant, machine, { ...revoke, uses: 'm' }, inactive],
    ],
  ])('is broken when %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toContain('L1')
  })

  it.each([
    ['has expired', [...grant, { ...inactive, startMs: HOUR }]],
    ['was revoked', [...grant, revoke, inactive]],
    [
      'is revoked at this very moment',
      [...grant, { ...inactive, startMs: 100 }, { ...revoke, startMs: 105 }],
    ],
    ['may have been revoked', [...grant, { ...revoke, ...unknown }, inactive]],
    ['was disconnected', [...grant, disconnect, inactive]],
    ['is a disabled user’s', [...grant, endUser, inactive]],
    ['is a disabled app’s', [...grant, endApp, inactive]],
    [
      'hangs on a code that was replayed',
      [...grant, { ...redeem, ...refused, startMs: 12_000 }, inactive],
    ],
    [
      'hangs on a code that may have been replayed',
      [...grant, { ...redeem, ...refused, startMs: 10_000 }, inactive],
    ],
    [
      'hangs on a refresh token that was used again late',
      [...grant, refresh, { ...refresh, ...refused, startMs: 9000 }, inactive],
    ],
    [
      'hangs on a refresh token whose successor was used',
      [...grant, refresh, refreshAgain, { ...refresh, ...refused }, inactive],
    ],
  ])('is kept when the token %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual([])
  })
})

describe('L2: what is good once succeeds once', () => {
  const other = { accessToken: 'b', refreshToken: 'q' }
  it.each([
    ['a code gives tokens twice', [...grant, { ...redeem, gives: other }]],
    ['a code gives the same tokens twice', [...grant, redeem]],
    ['a JWT is exchanged twice', [exchange, { ...exchange, gives: { accessToken: 'y' } }]],
    ['a refresh token has two successors', [...grant, refresh, { ...refresh, gives: other }]],
    ['a retry comes after its window', [...grant, refresh, { ...refresh, startMs: 7000 }]],
    ['a retry comes after its successor was used', [...grant, refresh, refreshAgain, refresh]],
  ])('is broken when %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toContain('L2')
  })

  it.each([
    ['a retry gets the same answer', [...grant, refresh, refresh]],
    [
      'a refresh token that is not rotated gives itself',
      [
        ...grant,
        { ...refresh, gives: { accessToken: 'b', refreshToken: 'r' } },
        { ...refresh, gives: { accessToken: 'd', refreshToken: 'r' }, startMs: 9000 },
      ],
    ],
    ['the loser of a race hears no', [exchange, { ...exchange, ...refused }]],
  ])('is kept when %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual([])
  })
})

describe('L3: after an acknowledged end no later call succeeds', () => {
  it.each([
    ['revoked, and active', [...grant, revoke, active]],
    ['expired, and active', [...grant, { ...active, startMs: HOUR + 2000 }]],
    ['a code that expired', [signIn, consent, { ...redeem, startMs: 62_000 }]],
    ['revoked, and refreshed', [...grant, revoke, refresh]],
    [
      'the refresh token revoked, the access token active',
      [...grant, { ...revoke, uses: 'r' }, active],
    ],
    ['disconnected, and active', [...grant, disconnect, active]],
    ['of a disabled user, and active', [...grant, endUser, active]],
    ['of a disabled app, and active', [...grant, endApp, active]],
    ['of a disabled user’s session', [signIn, endUser, consent]],
    ['replayed, and active', [...grant, { ...redeem, ...refused, startMs: 12_000 }, active]],
    [
      'reused, and its successor active',
      [...grant, refresh, { ...refresh, ...refused, startMs: 9000 }, { uses: 'a2' }],
    ],
    [
      'signed out, and a code all the same',
      [signIn, consent, signOut, { ...consent, gives: { code: 'd' } }],
    ],
    ['a machine’s token revoked, and active', [machine, { ...revoke, uses: 'm' }, { uses: 'm' }]],
  ])('is broken when it is %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual(['L3'])
  })

  it.each([
    [
      'is asked at the same moment',
      [...grant, { ...revoke, startMs: 100 }, { ...active, startMs: 105 }],
    ],
    [
      'is given by a consent after the end',
      [
        signIn,
        consent,
        disconnect,
        { ...consent, gives: { code: 'd' } },
        { ...redeem, uses: 'd' },
        active,
      ],
    ],
    [
      'is given while its app is removed',
      [...grant, { ...disconnect, startMs: 20, endMs: 500 }, { ...active, startMs: 600 }],
    ],
    ['may not have been ended', [...grant, { ...revoke, ...unknown }, active]],
    ['is of another user than the disabled one', [...grant, { ...endUser, user: 'bob' }, active]],
    [
      'is given after its app was disabled',
      [{ ...endApp, client: 'machine' }, machine, { uses: 'm' }],
    ],
  ])('is kept when the token %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual([])
  })
})

describe('L4: an unknown outcome may be either, never both', () => {
  it.each([
    ['a code', [signIn, consent, { ...redeem, ...unknown }, { ...redeem, ...refused }, redeem]],
    [
      'a refresh token',
      [
        ...grant,
        { ...refresh, ...unknown },
        { ...refresh, ...refused, startMs: 9000 },
        { ...refresh, startMs: 9100 },
      ],
    ],
    ['a JWT', [{ ...exchange, ...unknown }, { ...exchange, ...refused }, exchange]],
    ['an end', [...grant, { ...revoke, ...unknown }, inactive, active]],
    [
      'a sign-out',
      [
        signIn,
        consent,
        { ...signOut, ...unknown },
        { ...consent, ...refused },
        { ...consent, gives: { code: 'd' } },
      ],
    ],
  ])('is broken by %s that is refused first and good afterwards', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toContain('L4')
  })

  it.each([
    ['a code that was not redeemed', [signIn, consent, { ...redeem, ...unknown }, redeem, active]],
    ['a code that was', [signIn, consent, { ...redeem, ...unknown }, { ...redeem, ...refused }]],
    [
      'a refresh that is tried again',
      [...grant, { ...refresh, ...unknown }, refresh, { uses: 'a2' }],
    ],
    ['an end that did not come about', [...grant, { ...revoke, ...unknown }, active, active]],
    ['an end that did', [...grant, { ...revoke, ...unknown }, inactive, inactive]],
  ])('is kept by %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual([])
  })
})

describe('L5: no token without a consent or a client grant', () => {
  it.each([
    ['a code without a consent', [signIn, { ...consent, operation: 'authorize' as const }]],
    [
      'a code after the consent was taken back',
      [
        signIn,
        consent,
        disconnect,
        { ...consent, operation: 'authorize' as const, gives: { code: 'd' } },
      ],
    ],
    ['a consent of somebody who never signed in', [consent]],
    ['tokens for a code that nobody was given', [{ ...redeem, uses: 'made up' }]],
    ['tokens for a refresh token that nobody was given', [{ ...refresh, uses: 'made up' }]],
    ['an active token that nobody was given', [{ uses: 'made up' }]],
    ['a token for a client that proved nothing', [{ ...machine, client: undefined }]],
  ])('is broken by %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual(['L5'])
  })

  it('is kept by a code that rests on an earlier consent', () => {
    const later = { ...consent, operation: 'authorize' as const, gives: { code: 'd' } }
    expect(lawsBrokenBy(signIn, consent, later)).toEqual([])
  })
})

const restored: Partial<Call> = {
  operation: 'restore',
  // The grant is in the backup, and nothing that comes after it.
  restores: { fromMs: 42, endsAllGrants: false },
}
const restoredAfter = (fromMs: number): Partial<Call> => ({
  operation: 'restore',
  restores: { fromMs, endsAllGrants: false },
})
const ended: Partial<Call> = {
  operation: 'restore',
  restores: { fromMs: 42, endsAllGrants: true },
}
const other = { accessToken: 'b', refreshToken: 'q' }

describe('a restore gives nothing back that had ended', () => {
  const signInAnew = { ...signIn, gives: { session: 's2' } }
  const silently = { ...consent, operation: 'authorize' as const, uses: 's2', gives: { code: 'd' } }
  it.each([
    ['L3', 'an access token from before is active', [...grant, restored, active]],
    ['L3', 'a session from before gives a code', [signIn, restoredAfter(12), consent]],
    ['L3', 'a code from before gives tokens', [signIn, consent, restoredAfter(27), redeem]],
    ['L3', 'a grant that was revoked since is refreshed', [...grant, revoke, restored, refresh]],
    [
      'L3',
      'a grant that was removed since is refreshed',
      [...grant, disconnect, restored, refresh],
    ],
    ['L3', 'all grants were to end, and one is refreshed', [...grant, ended, refresh]],
    ['L3', 'a grant of a disabled user is refreshed', [...grant, endUser, restored, refresh]],
    ['L3', 'a grant of a disabled app is refreshed', [...grant, endApp, restored, refresh]],
    [
      'L1',
      'a refresh token of the backup is lost',
      [...grant, restored, { ...refresh, ...refused }],
    ],
    [
      'L2',
      'a refresh token that the backup knows as spent gives another',
      [...grant, refresh, restoredAfter(57), { ...refresh, gives: other }],
    ],
    [
      'L2',
      'a refresh token that was unspent again is spent twice',
      [...grant, refresh, restored, { ...refresh, gives: other }, { ...refresh, gives: {} }],
    ],
    ['L2', 'a JWT that the backup knows is exchanged', [exchange, restoredAfter(12), exchange]],
    [
      'L4',
      'a refresh token that was refused is good again',
      [...grant, refresh, { ...refresh, ...refused, startMs: 9000 }, restored, refresh],
    ],
    [
      'L5',
      'an app that was removed since needs not ask',
      [signIn, consent, disconnect, restored, signInAnew, silently],
    ],
  ])('is broken (%s) when %s', (law, _what, calls) => {
    expect(lawsBrokenBy(...calls)).toContain(law)
  })

  it.each([
    ['an access token from before is inactive', [...grant, restored, inactive]],
    ['a grant of the backup is refreshed', [...grant, restored, refresh, { uses: 'a2' }]],
    ['all grants were to end, and have', [...grant, ended, { ...refresh, ...refused }]],
    [
      'a refresh token from after the backup is unknown',
      [...grant, refresh, restored, { ...refreshAgain, ...refused }],
    ],
    [
      'a refresh token that was spent after the backup is unspent',
      [...grant, refresh, restored, { ...refresh, gives: other }],
    ],
    [
      'an unknown refresh token ends nothing',
      [...grant, refresh, refreshAgain, restored, { ...refreshAgain, ...refused }, refresh],
    ],
    [
      'a JWT that was used after the backup is new',
      [
        exchange,
        { ...exchange, ...refused },
        restoredAfter(0),
        { ...exchange, gives: { accessToken: 'y' } },
      ],
    ],
    ['a restore failed', [...grant, { ...restored, ...unknown }, active]],
    ['what is given after it is good', [restoredAfter(0), machine, { uses: 'm' }]],
  ])('is kept when %s', (_what, calls) => {
    expect(lawsBrokenBy(...calls)).toEqual([])
  })
})

it('no call breaks the server', () => {
  expect(lawsBrokenBy({ uses: 'a', outcome: 'unknown', status: 500 })).toEqual(['500'])
})
