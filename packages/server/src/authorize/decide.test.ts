import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientRecord, NATIVE_APP, TENANT, WEB_APP } from '../../test/support/world.ts'
import type { Account } from '../identity/sessions.ts'
import { sha256 } from '../platform/hash.ts'
import { RedirectError } from '../protocol/errors.ts'
import { asRevocationTag, asUserId } from '../protocol/ids.ts'
import { matchRedirectUri, type VerifiedRedirectUri } from '../protocol/redirect-uri.ts'
import type { ClientRecord, ConsentRecord, Membership } from '../store/records.ts'
import { decideNextStep, type Situation } from './decide.ts'
import type { Interaction } from './interaction.ts'
import type { AuthorizationRequest } from './request.ts'

const NOW = 1_000_000
const HOUR = 3600

const ada = account('ada', HOUR)
const bob = account('bob', 10)

/** Somebody who signed in so long ago. */
function account(username: string, ageSeconds: number): Account {
  const at = NOW - ageSeconds
  const user = {
    tenant: TENANT,
    id: asUserId(`user-${username}`),
    tag: asRevocationTag('d1'.repeat(10)),
    username,
    name: username,
    email: `${username}@example.com`,
    emailVerified: true,
    passwordHash: null,
    locale: null,
    createdAtSeconds: at,
    disabledAtSeconds: null,
  }
  const session = {
    tenant: TENANT,
    hash: sha256(username),
    id: `session-${username}`,
    userId: user.id,
    authTimeSeconds: at,
    lastSeenAtSeconds: at,
    expiresAtSeconds: NOW + HOUR,
    endsAtSeconds: NOW + HOUR,
    userAgent: null,
    address: null,
  }
  return { session, user, secret: username }
}

function verified(uri: string): VerifiedRedirectUri {
  const found = matchRedirectUri([uri], uri, { anyLoopbackPort: false, emptyPathIsRoot: false })
  if (found === undefined) throw new Error(`${uri} is not verified`)
  return found
}

function requestOf(
  fields: Partial<AuthorizationRequest> = {},
  client: Partial<ClientRecord> = {},
): AuthorizationRequest {
  return {
    client: clientRecord(WEB_APP, client, NOW),
    target: { redirectUri: verified(WEB_APP.redirectUri), responseMode: 'query', state: 'x' },
    responseType: 'code',
    redirectUriSent: true,
    askedScopes: undefined,
    scopes: ['contacts:read'],
    audience: [],
    challenge: undefined,
    nonce: undefined,
    prompts: new Set(),
    maxAgeSeconds: undefined,
    hintedUserId: undefined,
    loginHint: undefined,
    uiLocales: undefined,
    counted: [],
    ...fields,
  }
}

function interactionOf(fields: Partial<Interaction> = {}): Interaction {
  return {
    id: 'interaction-1',
    request: '',
    browser: '',
    issuedAtSeconds: NOW,
    account: undefined,
    user: undefined,
    freshSignIn: false,
    otherAccount: false,
    shown: undefined,
    restarted: false,
    ...fields,
  }
}

function membershipOf(id: string): Membership {
  const organisation = { tenant: TENANT, id, name: id, createdAtSeconds: 0 }
  return { organisation, defaultUnit: null, furtherUnitIds: [], role: 'member' }
}

interface Known {
  readonly memberships?: readonly string[]
  readonly consents?: readonly {
    readonly organisationId: string | null
    readonly scopes: readonly string[]
    readonly redirectUris?: readonly string[]
    readonly grantedAtSeconds?: number
  }[]
}

/** What the store of these tests knows, about every user. */
function storeOf({ memberships = [], consents = [] }: Known) {
  return {
    listMemberships: async () => memberships.map(membershipOf),
    findConsent: async (
      key: Omit<ConsentRecord, 'scopes' | 'redirectUris' | 'grantedAtSeconds'>,
    ) => {
      const consent = consents.find(({ organisationId }) => organisationId === key.organisationId)
      return consent
        ? { grantedAtSeconds: 0, redirectUris: [WEB_APP.redirectUri], ...key, ...consent }
        : null
    },
  }
}

const ALLOWED: Known = { consents: [{ organisationId: null, scopes: ['contacts:read'] }] }

function decide(situation: Partial<Situation> = {}, known: Known = ALLOWED) {
  const all = {
    request: requestOf(),
    interaction: interactionOf(),
    accounts: [ada],
    nowSeconds: NOW,
    ...situation,
  }
  return decideNextStep(all, { store: storeOf(known) })
}

describe('who the user is', () => {
  it('asks to sign in when nobody has', async () => {
    expect(await decide({ accounts: [] })).toEqual({ step: 'sign-in' })
  })

  it('takes the account used last', async () => {
    expect(await decide({ accounts: [bob, ada] })).toMatchObject({ step: 'issue', account: bob })
  })

  it.each(['ada', ' ADA ', 'ada@example.com', 'Ada@Example.com'])(
    'OIDC Core §3.1.2.1: takes the account that the login_hint %j names',
    async (loginHint) => {
      const request = requestOf({ loginHint })
      expect(await decide({ request, accounts: [bob, ada] })).toMatchObject({ account: ada })
    },
  )

  it('OIDC Core §3.1.2.1: asks to sign in when the login_hint names nobody here', async () => {
    const request = requestOf({ loginHint: 'eve' })
    expect(await decide({ request })).toEqual({ step: 'sign-in' })
  })

  it('asks for a choice when the app wants one, and takes it', async () => {
    const request = requestOf({ prompts: new Set(['select_account']) })
    const accounts = [bob, ada]
    expect(await decide({ request, accounts })).toEqual({ step: 'select-account' })
    const interaction = interactionOf({ account: ada.session.id })
    expect(await decide({ request, accounts, interaction })).toMatchObject({ account: ada })
  })

  it('lets a user sign in with yet another account', async () => {
    const interaction = interactionOf({ otherAccount: true })
    expect(await decide({ interaction })).toEqual({ step: 'sign-in' })
  })

  it('D3: takes nobody else when the chosen account has signed out meanwhile', async () => {
    const interaction = interactionOf({ account: ada.session.id, freshSignIn: true })
    expect(await decide({ interaction, accounts: [bob] })).toEqual({ step: 'select-account' })
    expect(await decide({ interaction, accounts: [] })).toEqual({ step: 'sign-in' })
  })

  it('browsers F4: takes a newer session of the same user for the one that it replaced, and no older one', async () => {
    const interaction = interactionOf({
      account: 'replaced',
      user: ada.user.id,
      issuedAtSeconds: ada.session.authTimeSeconds,
      freshSignIn: true,
    })
    const request = requestOf({ prompts: new Set(['login']) })
    const accounts = [bob, ada]
    expect(await decide({ request, interaction, accounts })).toMatchObject({ account: ada })
    const later = { ...interaction, issuedAtSeconds: ada.session.authTimeSeconds + 1 }
    const step = 'select-account'
    expect(await decide({ request, interaction: later, accounts })).toEqual({ step })
    expect(await decide({ request, interaction, accounts: [bob] })).toEqual({ step })
  })
})

describe('whether a sign-in is recent enough', () => {
  it('D9, OIDC Core §3.1.2.3: prompt=login asks who is signed in to do so again', async () => {
    const request = requestOf({ prompts: new Set(['login']) })
    const chosen = { account: ada.session.id }
    expect(await decide({ request })).toEqual({ step: 'sign-in' })
    expect(await decide({ request, interaction: interactionOf(chosen) })).toEqual({
      step: 'sign-in',
    })
    const proven = interactionOf({ ...chosen, freshSignIn: true })
    expect(await decide({ request, interaction: proven })).toMatchObject({ step: 'issue' })
  })

  it.each([
    [HOUR, 'issue'],
    [HOUR - 1, 'sign-in'],
    [0, 'sign-in'],
  ])('D9, OIDC Core §3.1.2.1: max_age=%i after an hour means %s', async (maxAgeSeconds, step) => {
    expect(await decide({ request: requestOf({ maxAgeSeconds }) })).toMatchObject({ step })
  })

  it('OIDC Core §3.1.2.1: max_age=0 asks even who signed in this very second', async () => {
    const request = requestOf({ maxAgeSeconds: 0 })
    const accounts = [account('eve', 0)]
    expect(await decide({ request, accounts })).toEqual({ step: 'sign-in' })
  })

  it('OIDC Core §3.1.2.1: max_age=0 is content with a sign-in for this request', async () => {
    const request = requestOf({ maxAgeSeconds: 0 })
    const interaction = interactionOf({ account: ada.session.id, freshSignIn: true })
    expect(await decide({ request, interaction })).toMatchObject({ step: 'issue' })
  })
})

describe('whether the user has to be asked', () => {
  const request = requestOf({ scopes: ['contacts:read', 'contacts:write'] })

  it('OIDC Core §3.1.2.4: asks for what was not allowed before, and names what was', async () => {
    expect(await decide({ request }, ALLOWED)).toEqual({
      step: 'consent',
      account: ada,
      memberships: [],
      known: ['contacts:read'],
      redirectIsNew: false,
    })
  })

  it('security H5: asks before it sends a user where they have never allowed to be sent', async () => {
    const scopes = ['contacts:read']
    const elsewhere = { organisationId: null, scopes, redirectUris: ['https://app.example/moved'] }
    expect(await decide({}, { consents: [elsewhere] })).toMatchObject({
      step: 'consent',
      redirectIsNew: true,
    })
    const both = { ...elsewhere, redirectUris: [...elsewhere.redirectUris, WEB_APP.redirectUri] }
    expect(await decide({}, { consents: [both] })).toMatchObject({ step: 'issue' })
  })

  it('security H5: does not call the next port of a loopback address a new place', async () => {
    const redirectUris = [NATIVE_APP.redirectUri]
    const port = verified(NATIVE_APP.redirectUri.replace('127.0.0.1', '127.0.0.1:50123'))
    const target = { ...requestOf().target, redirectUri: port }
    const native = requestOf({ target }, { type: 'public' })
    const known = { consents: [{ organisationId: null, scopes: [], redirectUris }] }
    expect(await decide({ request: native }, known)).toMatchObject({ redirectIsNew: false })
  })

  it('asks again when the app wants that', async () => {
    const again = requestOf({ prompts: new Set(['consent']) })
    expect(await decide({ request: again }, ALLOWED)).toMatchObject({ step: 'consent' })
    const first = { ...again, client: { ...again.client, party: 'first' as const } }
    expect(await decide({ request: first }, ALLOWED)).toMatchObject({ step: 'consent' })
  })

  it('issues for the organisation that allowed enough, the latest if there are several', async () => {
    const scopes = request.scopes
    const known: Known = {
      memberships: ['acme', 'globex', 'initech'],
      consents: [
        { organisationId: 'acme', scopes, grantedAtSeconds: 1 },
        { organisationId: 'globex', scopes, grantedAtSeconds: 2 },
        { organisationId: 'initech', scopes: ['contacts:read'], grantedAtSeconds: 3 },
      ],
    }
    expect(await decide({ request }, known)).toMatchObject({
      step: 'issue',
      membership: { organisation: { id: 'globex' } },
    })
  })

  it('does not count the consent of an organisation that the user has left', async () => {
    const known: Known = {
      memberships: ['globex'],
      consents: [{ organisationId: 'acme', scopes: request.scopes }],
    }
    expect(await decide({ request }, known)).toMatchObject({ step: 'consent', known: [] })
  })

  it('asks nobody on behalf of an app of our own, unless it matters for which organisation', async () => {
    const own = requestOf({}, { party: 'first' })
    expect(await decide({ request: own }, {})).toMatchObject({ step: 'issue' })
    expect(await decide({ request: own }, { memberships: ['acme'] })).toMatchObject({
      step: 'issue',
      membership: { organisation: { id: 'acme' } },
    })
    expect(await decide({ request: own }, { memberships: ['acme', 'globex'] })).toMatchObject({
      step: 'consent',
    })
  })

  it.each([NATIVE_APP.redirectUri, 'http://localhost:3000/callback', 'com.example.app:/callback'])(
    'C10, RFC 8252 §8.6: always asks for an app on the device, at %s',
    async (uri) => {
      const target = { ...requestOf().target, redirectUri: verified(uri) }
      for (const party of ['first', 'third'] as const) {
        const native = requestOf({ target }, { type: 'public', party })
        expect(await decide({ request: native }, ALLOWED)).toMatchObject({ step: 'consent' })
      }
    },
  )
})

describe('prompt=none', () => {
  const request = requestOf({ prompts: new Set(['none']) })

  it('D9, OIDC Core §3.1.2.6: tells the app what is missing', async () => {
    const error = (code: string) => ({ error: { code }, target: request.target })
    await expect(decide({ request, accounts: [] })).rejects.toMatchObject(error('login_required'))
    await expect(decide({ request }, {})).rejects.toMatchObject(error('consent_required'))
    const late = { ...request, maxAgeSeconds: 1 }
    await expect(decide({ request: late })).rejects.toMatchObject(error('login_required'))
    const hinted = { ...request, loginHint: 'eve' }
    await expect(decide({ request: hinted })).rejects.toMatchObject(error('login_required'))
  })

  it('OIDC Core §3.1.2.1: tells it in the languages that the request asked for', async () => {
    const greek = { ...request, uiLocales: 'el en' }
    const refused = decide({ request: greek, accounts: [] })
    await expect(refused).rejects.toMatchObject({ uiLocales: 'el en' })
  })
})

describe('in every situation', () => {
  const circumstances = fc.record({
    accounts: fc.subarray([ada, bob]),
    prompts: fc
      .subarray(['none', 'login', 'consent', 'select_account'] as const)
      .map((prompts) => new Set(prompts)),
    maxAgeSeconds: fc.constantFrom(undefined, 0, 60, HOUR),
    loginHint: fc.constantFrom(undefined, 'ada', 'eve'),
    hintedUserId: fc.constantFrom(undefined, undefined, ada.user.id, bob.user.id),
    account: fc.constantFrom(undefined, 'session-ada', 'session-bob', 'session-eve'),
    freshSignIn: fc.boolean(),
    otherAccount: fc.boolean(),
    party: fc.constantFrom('first' as const, 'third' as const),
    isNative: fc.boolean(),
    known: fc.constantFrom<Known>({}, ALLOWED, { memberships: ['acme', 'globex'] }),
  })

  function situate(drawn: typeof circumstances extends fc.Arbitrary<infer T> ? T : never) {
    const { accounts, prompts, maxAgeSeconds, loginHint, hintedUserId, party, isNative } = drawn
    const { account, freshSignIn, otherAccount } = drawn
    const redirectUri = verified(isNative ? NATIVE_APP.redirectUri : WEB_APP.redirectUri)
    const target = { ...requestOf().target, redirectUri }
    const request = requestOf(
      { prompts, maxAgeSeconds, loginHint, hintedUserId, target },
      { party, type: isNative ? 'public' : 'confidential' },
    )
    return { request, accounts, interaction: interactionOf({ account, freshSignIn, otherAccount }) }
  }

  /** The decision, or the code of the error that the app is told. */
  async function outcomeOf(situation: Partial<Situation>, known: Known) {
    try {
      return await decide(situation, known)
    } catch (error) {
      if (error instanceof RedirectError) return { step: error.error.code }
      throw error
    }
  }

  it('D9: whoever goes on is the one who was chosen, and has proven it as the app wants', async () => {
    let wentOn = 0
    await fc.assert(
      fc.asyncProperty(circumstances, async (drawn) => {
        const outcome = await outcomeOf(situate(drawn), drawn.known)
        if (!('account' in outcome)) return
        wentOn += 1
        const { session } = outcome.account
        expect(drawn.accounts).toContain(outcome.account)
        expect(session.id).toBe(drawn.account ?? session.id)
        expect(session.userId).toBe(drawn.hintedUserId ?? session.userId)
        if (drawn.freshSignIn && session.id === drawn.account) return
        expect(drawn.prompts).not.toContain('login')
        const ageSeconds = NOW - session.authTimeSeconds
        expect(ageSeconds).toBeLessThanOrEqual(drawn.maxAgeSeconds ?? ageSeconds)
      }),
      { numRuns: 3000 },
    )
    expect(wentOn).toBeGreaterThan(50)
  })

  it('OIDC Core §3.1.2.4: a code is issued unasked only for what was allowed, or for ourselves', async () => {
    let issued = 0
    await fc.assert(
      fc.asyncProperty(circumstances, async (drawn) => {
        const outcome = await outcomeOf(situate(drawn), drawn.known)
        if (outcome.step !== 'issue') return
        issued += 1
        expect(drawn.isNative).toBe(false)
        expect(drawn.prompts).not.toContain('consent')
        expect(drawn.party === 'first' || drawn.known === ALLOWED).toBe(true)
      }),
      { numRuns: 5000 },
    )
    expect(issued).toBeGreaterThan(20)
  })

  it('OIDC Core §3.1.2.1: prompt=none never leads to a page', async () => {
    const silent = circumstances.map((drawn) => ({ ...drawn, prompts: new Set(['none'] as const) }))
    await fc.assert(
      fc.asyncProperty(silent, async (drawn) => {
        const { step } = await outcomeOf(situate(drawn), drawn.known)
        expect(['issue', 'login_required', 'consent_required']).toContain(step)
      }),
      { numRuns: 1000 },
    )
  })
})
