import { describe, expect, it } from 'vitest'
import { OAuthError, PageError } from './errors.ts'
import { ERROR_CODES, REASONS, type Reason } from './reasons.ts'

const REASON_NAMES = Object.keys(REASONS) as Reason[]

describe('OAuthError', () => {
  it('E6, RFC 6749 §5.2: describes itself in characters that are safe in a header', () => {
    for (const reason of REASON_NAMES) {
      const { description } = new OAuthError(reason, { parameter: 'redirect_uri' })
      expect(description, reason).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    }
  })

  it('E15: keeps its reason and its cause to itself', () => {
    for (const reason of REASON_NAMES) {
      const error = new OAuthError(reason, { cause: new Error('canary') })
      expect(error).toMatchObject({ reason, ...REASONS[reason] })
      expect(error.status).toBe(ERROR_CODES[error.code].status)
      expect(error.description).not.toContain(reason)
      expect(error.description).not.toContain('canary')
    }
  })

  it.each<[string, Reason[]]>([
    ['client exists', ['client_unknown', 'client_secret_wrong', 'client_disabled']],
    [
      'code existed',
      ['code_unknown', 'code_expired', 'code_repeated', 'code_replayed', 'code_of_other_client'],
    ],
    ['verifier was near', ['code_verifier_missing', 'code_verifier_wrong']],
    [
      'refresh token existed',
      [
        'refresh_token_unknown',
        'refresh_token_expired',
        'refresh_token_reused',
        'refresh_token_of_other_client',
        'grant_revoked',
      ],
    ],
    ['database is down', ['store_unavailable', 'overloaded']],
  ])('B8: does not tell a guesser whether the %s', (_what, alike) => {
    const told = alike.map((reason) => {
      const { code, status, description } = new OAuthError(reason)
      return JSON.stringify({ code, status, description })
    })
    expect(new Set(told).size).toBe(1)
  })

  it('RFC 6749 §5.2: is 400, except where the caller is unknown, limited or we have failed', () => {
    const others = Object.entries(ERROR_CODES).filter(([, { status }]) => status !== 400)
    expect(Object.fromEntries(others.map(([code, { status }]) => [code, status]))).toEqual({
      invalid_client: 401,
      invalid_token: 401,
      insufficient_scope: 403,
      access_denied: 403,
      too_many_requests: 429,
      server_error: 500,
      temporarily_unavailable: 503,
    })
  })
})

describe('PageError', () => {
  it('is 400 unless it says otherwise', () => {
    expect(new PageError('client_unknown', { received: 'x' })).toMatchObject({
      status: 400,
      received: 'x',
      difference: undefined,
      continueWith: undefined,
    })
    expect(new PageError('cross_site_post').status).toBe(403)
  })
})
