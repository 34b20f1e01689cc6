// The part of the configuration that describes one tenant: issuer, contract, policy, APIs and scopes.

import { API_VERSION_STATES, VERSION_NAME } from '@ostiary/resource/api-versions'
import { type Static, Type } from 'typebox'
import { CONTRACT_NAMES } from '../contracts/index.ts'
import { MAX_ACCESS_TOKEN_SECONDS } from '../protocol/token-lifetime.ts'

const DAY = 86_400
const TEN_YEARS = 3650 * DAY

const closed = { additionalProperties: false } as const

function seconds(minimum: number, maximum: number, description: string) {
  return Type.Optional(
    Type.Integer({ minimum, maximum, description: `${description} In seconds.` }),
  )
}

const AccessTokenSchema = Type.Object(
  {
    format: Type.Optional(
      Type.Enum(['jwt', 'opaque'], {
        description: '`jwt`: APIs verify it themselves (RFC 9068 §2). `opaque`: APIs ask us.',
      }),
    ),
    lifetimeSeconds: seconds(1, MAX_ACCESS_TOKEN_SECONDS, 'How long an access token is good for.'),
  },
  closed,
)

const RefreshTokenSchema = Type.Object(
  {
    idleSeconds: seconds(1, TEN_YEARS, 'A refresh token that is not used for so long expires.'),
    absoluteSeconds: seconds(
      1,
      TEN_YEARS,
      'However often it is refreshed, an authorization ends after so long.',
    ),
    retryWindowSeconds: seconds(
      0,
      300,
      'A retry with the refresh token just used gets the same answer for so long.',
    ),
  },
  closed,
)

const PkceSchema = Type.Object(
  {
    requiredFor: Type.Optional(
      Type.Enum(['all', 'public'], {
        description: 'Which apps must use PKCE; public ones always must.',
      }),
    ),
    methods: Type.Optional(
      Type.Array(Type.Enum(['S256', 'plain']), {
        minItems: 1,
        uniqueItems: true,
        description: 'Challenge methods that are taken. `plain` only where the contract has it.',
      }),
    ),
    methodWhenOmitted: Type.Optional(
      Type.Enum(['S256', 'plain'], {
        description:
          'Method that is meant when a request names none; without it such a request is refused.',
      }),
    ),
    insteadOfSecret: Type.Optional(
      Type.Boolean({
        description:
          'Whether a confidential app that used PKCE may redeem its code without its secret.',
      }),
    ),
  },
  closed,
)

const SigningSchema = Type.Object(
  {
    algorithm: Type.Optional(
      Type.Enum(['ES256', 'RS256', 'EdDSA'], { description: 'Signs access and ID tokens.' }),
    ),
    rotateEverySeconds: seconds(3600, TEN_YEARS, 'How long a signing key stays the current one.'),
  },
  closed,
)

const SessionSchema = Type.Object(
  {
    idleSeconds: seconds(60, 30 * DAY, 'A sign-in that is not used for so long ends.'),
    absoluteSeconds: seconds(60, 30 * DAY, 'A sign-in ends after so long in any case.'),
  },
  closed,
)

const PolicySchema = Type.Object(
  {
    accessToken: Type.Optional(AccessTokenSchema),
    refreshToken: Type.Optional(RefreshTokenSchema),
    code: Type.Optional(
      Type.Object(
        {
          lifetimeSeconds: seconds(1, 600, 'How long an authorization code is good for.'),
          perMinute: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100_000,
              description:
                'How many codes an app gets in a minute for one user, from all processes together. Up to a sixth of them more from each process are not counted.',
            }),
          ),
        },
        closed,
      ),
    ),
    pkce: Type.Optional(PkceSchema),
    redirectUriOptional: Type.Optional(
      Type.Boolean({
        description: 'Whether an app with one redirect URI may leave it out of its requests.',
      }),
    ),
    scopesBeyond: Type.Optional(
      Type.Union([Type.Literal('narrow'), Type.Literal('refuse')], {
        description:
          'What an app gets that asks for more scopes than it is registered for: `narrow` gives it those that it may have, `refuse` an error.',
      }),
    ),
    revocationEndsConsent: Type.Optional(
      Type.Boolean({
        description:
          'Whether an app that revokes a token has to ask the user before it gets another one.',
      }),
    ),
    revocationWaitsForApis: Type.Optional(
      Type.Boolean({
        description:
          'Whether the answer to a revocation waits, for a second at most, until the APIs have confirmed it that follow the feed with their credentials, whichever process they follow.',
      }),
    ),
    codeWithoutKey: Type.Optional(
      Type.Boolean({
        description:
          'Whether an authentication code of 16 characters and more is taken without an application key, as older clients of contract `crm-com` send it; off when not set.',
      }),
    ),
    signing: Type.Optional(SigningSchema),
    session: Type.Optional(SessionSchema),
  },
  {
    ...closed,
    default: {},
    description:
      'What this tenant does otherwise than its contract; see the contract for defaults.',
  },
)

const LocalisedTextSchema = (description: string) =>
  Type.Union(
    [
      Type.String({ minLength: 1 }),
      Type.Object(
        { en: Type.String({ minLength: 1 }) },
        { additionalProperties: Type.String({ minLength: 1 }) },
      ),
    ],
    {
      description: `${description} English text, or texts by language tag with \`en\` among them.`,
      examples: [{ en: 'see your contacts', de: 'deine Kontakte sehen' }],
    },
  )

const ScopeSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'The scope as apps ask for it.',
      examples: ['contacts:read'],
    }),
    description: LocalisedTextSchema('What it lets an app do, as one clause for the consent page.'),
    group: Type.Optional(
      LocalisedTextSchema(
        'The data area under which the consent page lists it; the name of the API when not set.',
      ),
    ),
    access: Type.Enum(['read', 'change', 'delete'], {
      description: 'The most that it lets an app do with the data.',
    }),
    sensitive: Type.Boolean({
      default: false,
      description: 'Whether the consent page points it out.',
    }),
    optional: Type.Boolean({
      default: false,
      description: 'Whether a user may leave it out when allowing an app.',
    }),
  },
  closed,
)

const ResourceServerSchema = Type.Object(
  {
    audience: Type.String({
      minLength: 1,
      description: 'Absolute URI of the API: the `aud` of its tokens (RFC 8707 §2).',
      examples: ['https://api.example.com/v1'],
    }),
    name: Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'The API as people know it.',
      examples: ['CRM API'],
    }),
    scopes: Type.Array(ScopeSchema, { default: [], description: 'The scopes of this API.' }),
  },
  closed,
)

const ApiVersionSchema = Type.Object(
  {
    version: Type.String({
      pattern: VERSION_NAME,
      description: 'The version as requests name it.',
      examples: ['1.8.0'],
    }),
    state: Type.Enum([...API_VERSION_STATES], {
      description:
        '`preview`: may still change. `current`: the highest of these is the latest stable one. `deprecated`: works, but not for ever. `retired`: refused.',
    }),
    deprecatedAt: Type.Optional(
      Type.String({
        description:
          'Date or time from which it is deprecated; may lie ahead (RFC 3339 §5.6). Answers carry it (RFC 9745 §2).',
        examples: ['2026-11-21'],
      }),
    ),
    sunsetAt: Type.Optional(
      Type.String({
        description:
          'Date or time at which it is going to be retired. Answers carry it (RFC 8594 §3); retiring it is up to you.',
        examples: ['2027-05-31'],
      }),
    ),
  },
  closed,
)

export const TenantSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,62}$',
      description:
        'Short name in lower case for commands, logs and the database. Never change it: everything stored belongs to it.',
      examples: ['acme'],
    }),
    displayName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'The name that people see; `name` when not set.',
      }),
    ),
    issuer: Type.String({
      minLength: 1,
      description: 'Issuer identifier: the public URL of this tenant, without a trailing slash.',
      examples: ['https://login.example.com'],
    }),
    contract: Type.Enum(CONTRACT_NAMES, {
      default: 'standard',
      description: 'The wire format that apps of this tenant speak.',
    }),
    release: Type.Optional(
      Type.String({
        description:
          'Release of the product whose behaviour apps see, where the contract has several; the newest when not set.',
        examples: ['R16.2.0'],
      }),
    ),
    policy: PolicySchema,
    supportEmail: Type.Optional(
      Type.String({
        format: 'email',
        description: 'Where error pages send people who need help.',
        examples: ['support@example.com'],
      }),
    ),
    accentColour: Type.Optional(
      Type.String({
        pattern: '^#[0-9a-fA-F]{6}$',
        description: 'Colour of buttons and links on the pages.',
        examples: ['#1a5fb4'],
      }),
    ),
    resourceServers: Type.Array(ResourceServerSchema, {
      default: [],
      description: 'The APIs of this tenant. The first one is the default audience.',
    }),
    apiVersions: Type.Array(ApiVersionSchema, {
      default: [],
      description: 'The versions of its API, where requests name one in the header `X-VERSION`.',
    }),
    defaultApiVersion: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'The version served when a request names none; the latest current one when not set.',
        examples: ['1.7.0'],
      }),
    ),
  },
  closed,
)

export type TenantSettings = Static<typeof TenantSchema>
export type PolicyOverrides = TenantSettings['policy']
