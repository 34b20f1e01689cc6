import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SAMPLE_FACTS, SAMPLE_JWT_CONTEXT } from '../../test/support/sample-facts.ts'
import type { AccessTokenFacts, JwtContext, JwtShape } from '../protocol/access-token-facts.ts'
import { asClientId, asGrantId, asRevocationTag, asUserId } from '../protocol/ids.ts'
import { crmCom } from './crm-com.ts'
import { financialCents } from './financial-cents.ts'
import { jwtAt } from './jwt-at.ts'

const FACTS = SAMPLE_FACTS
const CONTEXT = SAMPLE_JWT_CONTEXT

const write = (
  { writeClaims }: JwtShape,
  facts: Partial<AccessTokenFacts> = {},
  context: Partial<JwtContext> = {},
) => JSON.stringify(writeClaims({ ...FACTS, ...facts }, { ...CONTEXT, ...context }))

const MACHINE = {
  userId: null,
  userTag: null,
  organisationId: null,
  unitId: null,
  authTimeSeconds: null,
}

describe('at+jwt', () => {
  it('RFC 9068 §2.2: these claims, in this order', () => {
    expect(write(jwtAt)).toBe(
      '{"iss":"https://login.example","sub":"ada","aud":"https://api.example/v1",' +
        '"client_id":"web-app","scope":"contacts:read contacts:write",' +
        '"iat":1795264811,"exp":1795268411,"jti":"fedcba9876543210fedcba9876543210",' +
        '"grant_id":"0123456789abcdef0123456789abcdef","auth_time":1795264000,' +
        '"org_id":"acme","unit_id":"acme-north",' +
        '"rev":{"c":"c0c0c0c0c0c0c0c0c0c0","u":"d1d1d1d1d1d1d1d1d1d1"}}',
    )
  })

  it('RFC 9068 §2.2: without a user, the app is the subject; several APIs are a list', () => {
    const facts = { ...MACHINE, audience: ['https://a.example', 'https://b.example'], scopes: [] }
    expect(write(jwtAt, facts)).toBe(
      '{"iss":"https://login.example","sub":"web-app","aud":["https://a.example","https://b.example"],' +
        '"client_id":"web-app","scope":"","iat":1795264811,"exp":1795268411,' +
        '"jti":"fedcba9876543210fedcba9876543210","grant_id":"0123456789abcdef0123456789abcdef",' +
        '"rev":{"c":"c0c0c0c0c0c0c0c0c0c0"}}',
    )
  })
})

describe('financial-cents', () => {
  const { jwt } = financialCents.rules

  it('aud is the app, jti 80 digits, times with a fraction, scopes a list', () => {
    expect(write(jwt)).toBe(
      '{"aud":"web-app","jti":"0123456789abcdef0123456789abcdef' +
        'c0c0c0c0c0c0c0c0c0c0d1d1d1d1d1d1d1d1d1d1fedcba98",' +
        '"iat":1795264811.000000,"nbf":1795264811.000000,"exp":1795268411.000000,' +
        '"sub":"ada","scopes":["contacts:read","contacts:write"]}',
    )
  })

  it('the app is the subject where there is no user', () => {
    expect(write(jwt, MACHINE)).toContain('"sub":"web-app"')
    // What stands where the tag of a user would is random, and nothing that the feed could name.
    expect(write(jwt, MACHINE)).toContain('c0c0c0c0c0c0c0c0c0c076543210fedcba987654fedcba98')
  })
})

describe('crm-com', () => {
  const { jwt } = crmCom.rules

  it('jti in upper case, times as texts, nothing of app, API or scopes', () => {
    expect(write(jwt)).toBe(
      `{"cii":"ada","usr":"ada@example.com","org":"acme","ari":"${'0F'.repeat(16)}",` +
        '"oun":"acme-north","jti":"0123456789ABCDEF0123456789ABCDEF",' +
        '"iat":"1795264811","exp":"1795268411"}',
    )
  })
})

/** What a verified token of this shape is read as: from JSON, as it was signed. */
const read = ({ readClaims }: JwtShape, json: string) => readClaims(JSON.parse(json))

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`))
const name = fc.string({ minLength: 1, unit: 'grapheme' })
const drawnFacts = fc.record({
  grantId: hex(32).map(asGrantId),
  clientId: name.map((text) => asClientId(`client ${text}`)),
  userId: fc.option(name.map((text) => asUserId(`user ${text}`))),
  clientTag: hex(20).map(asRevocationTag),
  userTag: fc.option(hex(20).map(asRevocationTag)),
  organisationId: fc.option(name),
  unitId: fc.option(name),
  scopes: fc.uniqueArray(fc.constantFrom('a', 'b:read', 'c/d')),
  audience: fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 3 }),
  authTimeSeconds: fc.option(fc.nat()),
  issuedAtSeconds: fc.integer({ min: 0, max: 2 ** 33 }),
  lifetimeSeconds: fc.integer({ min: 1, max: 86_400 }),
  unique: hex(48),
})

describe.each([
  ['at+jwt', jwtAt],
  ['financial-cents', financialCents.rules.jwt],
  ['crm-com', crmCom.rules.jwt],
])('%s', (shapeName, shape) => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(drawnFacts, ({ lifetimeSeconds, unique, ...drawn }) => {
        const { grantId, issuedAtSeconds } = drawn
        const expiresAtSeconds = issuedAtSeconds + lifetimeSeconds
        const facts = { ...drawn, expiresAtSeconds }
        const said = read(shape, write(shape, facts, { unique }))
        expect(said).toMatchObject({ grantId, issuedAtSeconds, expiresAtSeconds })
        const { rest } = said ?? {}
        if (shapeName === 'at+jwt') expect({ ...said, ...rest, rest }).toEqual({ ...facts, rest })
        else expect(rest).toBeUndefined()
        // A token may cover less than its grant, where it says so.
        const { scopes } = said ?? {}
        expect(scopes).toEqual(shapeName === 'financial-cents' ? drawn.scopes : undefined)
      }),
    )
  })

  it('RFC 7519 §4.1.7: no two tokens of a grant have the same jti, where they may be the same otherwise', () => {
    const jtiOf = (unique: string) => JSON.parse(write(shape, {}, { unique })).jti
    const [one, other] = [jtiOf('0'.repeat(48)), jtiOf('1'.repeat(48))]
    // With crm-com each token is a grant of its own.
    if (shapeName === 'crm-com') expect(one).toBe(FACTS.grantId.toUpperCase())
    else expect(one).not.toBe(other)
  })

  it('B12: reads nothing of the other shapes', () => {
    const shapes = [jwtAt, financialCents.rules.jwt, crmCom.rules.jwt]
    for (const other of shapes.filter((each) => each !== shape)) {
      expect(read(shape, write(other))).toBeUndefined()
    }
  })

  it.each([undefined, null, 42, '', [], {}, 'short', 'x'.repeat(1000)])(
    'reads nothing whose grant is %j',
    (value) => {
      const claims = JSON.parse(write(shape))
      const member = shapeName === 'at+jwt' ? 'grant_id' : 'jti'
      const said = shape.readClaims({ ...claims, [member]: value })
      // Our own claim may have any form, as long as it is a text.
      if (shapeName === 'at+jwt' && typeof value === 'string') expect(said?.grantId).toBe(value)
      else expect(said).toBeUndefined()
    },
  )
})
