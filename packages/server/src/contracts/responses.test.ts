import { describe, expect, it } from 'vitest'
import { OAuthError } from '../protocol/errors.ts'
import { REASONS, type Reason } from '../protocol/reasons.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import { crmCom } from './crm-com.ts'
import { financialCents } from './financial-cents.ts'
import { jsonApi } from './json-api.ts'
import { misterJames } from './mister-james.ts'
import { standard } from './standard.ts'
import { versioned } from './versioned.ts'

const RESPONSE: TokenResponse = {
  accessToken: 'at',
  tokenType: 'Bearer',
  expiresInSeconds: 3600,
  scopes: ['read', 'write'],
  refreshToken: 'rt',
  idToken: undefined,
  issuedTokenType: undefined,
}
/** Everything that there can be. */
const FULL = { ...RESPONSE, idToken: 'it', issuedTokenType: 'urn:x' }
/** As little as there can be. */
const BARE = { ...RESPONSE, refreshToken: undefined, scopes: [] }

const OAUTH =
  '{"access_token":"at","token_type":"Bearer","expires_in":3600,"scope":"read write","refresh_token":"rt"}'
const OAUTH_BARE = '{"access_token":"at","token_type":"Bearer","expires_in":3600,"scope":""}'
const ENVELOPE = '{"data":{"token":"at"},"status":{"code":"OK","description":"","message":""}}'

describe('a token response', () => {
  it.each([
    [standard, OAUTH, OAUTH_BARE],
    [misterJames, OAUTH, OAUTH_BARE],
    [versioned, OAUTH, OAUTH_BARE],
    [
      jsonApi,
      '{"access_token":"at","token_type":"bearer","expires_in":3600,"refresh_token":"rt"}',
      '{"access_token":"at","token_type":"bearer","expires_in":3600}',
    ],
    [
      financialCents,
      '{"access_token":"at","refresh_token":"rt","expires_in":3600,"token_type":"Bearer"}',
      '{"access_token":"at","expires_in":3600,"token_type":"Bearer"}',
    ],
    [crmCom, ENVELOPE, ENVELOPE],
  ])('RFC 6749 §5.1: of $name has these members and no others', (contract, full, bare) => {
    expect(JSON.stringify(contract.tokenResponse(RESPONSE))).toBe(full)
    expect(JSON.stringify(contract.tokenResponse(BARE))).toBe(bare)
  })

  it('OIDC Core §3.1.3.3, RFC 8693 §2.2.1: of standard says what else was issued', () => {
    expect(standard.tokenResponse(FULL)).toMatchObject({
      id_token: 'it',
      issued_token_type: 'urn:x',
    })
  })
})

const ALL_REASONS = Object.keys(REASONS) as Reason[]

describe('a refusal', () => {
  it.each([standard, misterJames, jsonApi, financialCents, versioned])(
    'RFC 6749 §5.2: of $name has the code and the words',
    ({ errorResponse }) => {
      for (const reason of ALL_REASONS) {
        const error = new OAuthError(reason)
        expect(errorResponse(error, 'in words')).toEqual({
          status: error.status,
          body: { error: error.code, error_description: 'in words' },
        })
      }
    },
  )

  it.each<[Reason, number, string]>([
    ['parameter_missing', 400, 'INVALID_REQUEST'],
    ['parameter_unknown', 400, 'INVALID_REQUEST'],
    ['exchange_contradictory', 400, 'INVALID_REQUEST'],
    ['json_invalid', 400, 'INVALID_REQUEST'],
    ['content_type_unsupported', 400, 'INVALID_REQUEST'],
    ['scope_unknown', 400, 'INVALID_REQUEST'],
    ['resource_malformed', 400, 'INVALID_REQUEST'],
    ['application_key_unknown', 401, 'INVALID_CREDENTIALS'],
    ['pass_code_wrong', 401, 'INVALID_CREDENTIALS'],
    ['identity_jwt_invalid', 401, 'INVALID_CREDENTIALS'],
    ['application_key_suspended', 403, 'NOT_ALLOWED'],
    ['consumer_of_other_organisation', 403, 'NOT_ALLOWED'],
    ['unit_not_allowed', 403, 'NOT_ALLOWED'],
    ['guessing', 429, 'TOO_MANY_REQUESTS'],
    ['store_unavailable', 503, 'TEMPORARILY_UNAVAILABLE'],
    ['unexpected', 500, 'INTERNAL_ERROR'],
  ])('of crm-com comes in its envelope: %s', (reason, status, code) => {
    expect(crmCom.errorResponse(new OAuthError(reason), 'in words')).toEqual({
      status,
      body: { status: { code, description: 'in words', message: 'in words' } },
    })
  })

  it('of crm-com is never OK, whatever the reason', () => {
    for (const reason of ALL_REASONS) {
      const { status, body } = crmCom.errorResponse(new OAuthError(reason), '')
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body).toEqual({
        status: expect.objectContaining({ code: expect.stringMatching(/^(?!OK)[A-Z_]+$/) }),
      })
    }
  })
})
