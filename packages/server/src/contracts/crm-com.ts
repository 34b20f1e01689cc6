// Contract `crm-com`: Web API of a subscription CRM. One endpoint exchanges an application key, or a JWT of a trusted
// identity system, for a short HS256 token of one consumer; answers and refusals come in an envelope.

import type { JwtShape } from '../protocol/access-token-facts.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { asGrantId } from '../protocol/ids.ts'
import type { ErrorCode } from '../protocol/reasons.ts'
import type { Contract, ErrorResponse } from './contract.ts'
import { hasRequestsWithoutKey, readCrmComExchange } from './crm-com-exchange.ts'
import { LEGACY_POLICY, LEGACY_RULES, USUAL_FORMATS, USUAL_PATHS } from './usual.ts'

const UPPER_HEX = { kind: 'hex', bytes: 16, upperCase: true } as const
const JTI = /^[0-9A-F]{32}$/

/** Each token is a grant of its own, and `jti` names it. */
const jwt: JwtShape = {
  type: 'JWT',
  names: 'grant',
  saysIssuer: false,
  keyPerApi: true,
  writeClaims: (facts, { username, accessIdentifierId }) => ({
    cii: facts.userId,
    usr: username,
    org: facts.organisationId,
    ari: accessIdentifierId,
    oun: facts.unitId ?? undefined,
    jti: facts.grantId.toUpperCase(),
    iat: String(facts.issuedAtSeconds),
    exp: String(facts.expiresAtSeconds),
  }),
  readClaims({ jti, iat, exp }) {
    if (typeof jti !== 'string' || !JTI.test(jti)) return undefined
    return {
      grantId: asGrantId(jti.toLowerCase()),
      issuedAtSeconds: Number(iat),
      expiresAtSeconds: Number(exp),
      rest: undefined,
    }
  },
}

const STATUSES: Readonly<Partial<Record<ErrorCode, { status: number; code: string }>>> = {
  invalid_client: { status: 401, code: 'INVALID_CREDENTIALS' },
  invalid_grant: { status: 401, code: 'INVALID_CREDENTIALS' },
  access_denied: { status: 403, code: 'NOT_ALLOWED' },
  too_many_requests: { status: 429, code: 'TOO_MANY_REQUESTS' },
  temporarily_unavailable: { status: 503, code: 'TEMPORARILY_UNAVAILABLE' },
  server_error: { status: 500, code: 'INTERNAL_ERROR' },
}

function errorResponse(error: OAuthError, description: string): ErrorResponse {
  const { status, code } = STATUSES[error.code] ?? { status: 400, code: 'INVALID_REQUEST' }
  return { status, body: refusalOf(code, description) }
}

/** The envelope without `data`. */
function refusalOf(code: string, description: string): Record<string, unknown> {
  return { status: { code, description, message: description } }
}

export const crmCom: Contract = {
  name: 'crm-com',
  paths: {
    ...USUAL_PATHS,
    applicationKeyToken: '/authentication/consumer_application_key/token',
  },
  policy: {
    ...LEGACY_POLICY,
    accessToken: { format: 'jwt', lifetimeSeconds: 7200 },
    signing: { ...LEGACY_POLICY.signing, algorithm: 'HS256' },
  },
  rules: {
    ...LEGACY_RULES,
    grantTypes: [],
    allowances: { 'long-access-token': 'at-registration' },
    formats: {
      ...USUAL_FORMATS,
      userId: UPPER_HEX,
      applicationKey: UPPER_HEX,
      accessIdentifierId: UPPER_HEX,
    },
    jwt,
    releases: ['R15.0.0', 'R16.2.0'],
  },
  requests: { encodings: ['json'], strictJson: false },
  errorLanguage: 'reader',
  readKeyExchange: readCrmComExchange,
  takesCodeWithoutKey: hasRequestsWithoutKey,
  tokenResponse: ({ accessToken }) => ({
    data: { token: accessToken },
    status: { code: 'OK', description: '', message: '' },
  }),
  errorResponse,
  routingRefusal: (status, description) =>
    refusalOf(status === 404 ? 'NOT_FOUND' : 'METHOD_NOT_ALLOWED', description),
}
