// The options of a guard: what may be set, what is meant when it is not, and what is refused.

import type { TokenError } from './token-error.ts'

/** Signature algorithms with a public key. Others (HS256, none) cannot be chosen (RFC 8725 §3.1). */
const ASYMMETRIC = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
] as const

export type Algorithm = (typeof ASYMMETRIC)[number]

export interface IntrospectionOptions {
  /** Credentials of this API at the issuer. */
  readonly clientId: string
  readonly clientSecret: string
  /** How long an answer is reused; 0 asks every time. Default 5. */
  readonly cacheSeconds?: number
}

export interface GuardOptions {
  /** Issuer of the tokens, exactly as in its metadata. Default: OSTIARY_ISSUER. */
  readonly issuer?: string
  /** This API, as the issuer names it. Every token must be for it. Default: OSTIARY_AUDIENCE. */
  readonly audience?: string
  /** Name of this API, for people. */
  readonly name?: string
  /** Scopes of this API, for its metadata document. */
  readonly scopes?: readonly string[]
  /** Accepted signature algorithms. Default ES256, RS256 and EdDSA. */
  readonly algorithms?: readonly Algorithm[]
  /** How long past its expiry a token still passes. Default 0; 5 is plenty for clocks that drift. */
  readonly clockToleranceSeconds?: number
  /** Lets tokens that are not JWTs be checked by asking the issuer (RFC 7662 §2). */
  readonly introspection?: IntrospectionOptions
  /** Whether to follow the issuer's feed of revoked grants, apps and users. Default `feed`. */
  readonly revocation?: 'feed' | 'off'
  /** How often the feed is read. Default 2. */
  readonly pollSeconds?: number
  /** What to do with good tokens while the feed cannot be read. Default `accept`. */
  readonly whenStale?: 'accept' | 'refuse'
  /** Whether refusals explain themselves to the client. Default true. */
  readonly descriptions?: boolean
  /** Verified tokens kept in memory. Default 10 000. */
  readonly cacheSize?: number
  /** How long to wait for the issuer. Default 5. */
  readonly timeoutSeconds?: number
  /** Allows an issuer on plain http that is not this machine: for closed test networks. */
  readonly allowHttp?: boolean
  /** Called with every refusal, for the log. Must not throw. */
  readonly onRefusal?: (error: TokenError) => void
  /** Called when the feed cannot be read. Must not throw. */
  readonly onFeedError?: (error: unknown) => void
  /** Used for every call to the issuer. Default: the global fetch. */
  readonly fetch?: typeof fetch
}

type WithDefault =
  | 'issuer'
  | 'audience'
  | 'algorithms'
  | 'clockToleranceSeconds'
  | 'revocation'
  | 'pollSeconds'
  | 'whenStale'
  | 'descriptions'
  | 'cacheSize'
  | 'timeoutSeconds'
  | 'fetch'

/** Checked options, with nothing left to decide. */
export type Settings = Required<Pick<GuardOptions, WithDefault>> & Omit<GuardOptions, WithDefault>

type Environment = Readonly<Record<string, string | undefined>>

const NAMES: Readonly<Record<keyof GuardOptions, true>> = {
  issuer: true,
  audience: true,
  name: true,
  scopes: true,
  algorithms: true,
  clockToleranceSeconds: true,
  introspection: true,
  revocation: true,
  pollSeconds: true,
  whenStale: true,
  descriptions: true,
  cacheSize: true,
  timeoutSeconds: true,
  allowHttp: true,
  onRefusal: true,
  onFeedError: true,
  fetch: true,
}

/** @throws TypeError that lists everything wrong at once */
export function readSettings(
  options: GuardOptions,
  environment: Environment = process.env,
): Settings {
  const settings: Settings = {
    ...options,
    issuer: options.issuer ?? environment.OSTIARY_ISSUER ?? '',
    audience: options.audience ?? environment.OSTIARY_AUDIENCE ?? '',
    algorithms: options.algorithms ?? ['ES256', 'RS256', 'EdDSA'],
    clockToleranceSeconds: options.clockToleranceSeconds ?? 0,
    revocation: options.revocation ?? 'feed',
    pollSeconds: options.pollSeconds ?? 2,
    whenStale: options.whenStale ?? 'accept',
    descriptions: options.descriptions ?? true,
    cacheSize: options.cacheSize ?? 10_000,
    timeoutSeconds: options.timeoutSeconds ?? 5,
    // Looked up at each call, so that a fetch replaced later (tracing, tests) is honoured.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
  const problems = [
    ...findUnknownNames(options),
    ...checkIssuer(settings),
    ...checkAudience(settings),
    ...checkChoices(settings),
    ...checkNumbers(settings),
    ...checkIntrospection(settings.introspection),
  ]
  if (problems.length > 0) {
    throw new TypeError(`createGuard cannot work with these options:\n- ${problems.join('\n- ')}`)
  }
  return settings
}

function findUnknownNames(options: GuardOptions): string[] {
  return Object.keys(options)
    .filter((name) => !Object.hasOwn(NAMES, name))
    .map((name) => `"${name}" is not an option. Known are: ${Object.keys(NAMES).join(', ')}.`)
}

function checkIssuer({ issuer, allowHttp }: Settings): string[] {
  if (!issuer) {
    return ["issuer is missing: pass { issuer: 'https://auth.example.com' } or set OSTIARY_ISSUER."]
  }
  if (!URL.canParse(issuer)) return [`issuer "${issuer}" is not a URL.`]
  const url = new URL(issuer)
  if (url.search || url.hash || url.username || url.password) {
    return ['issuer must have neither query, fragment nor user name (RFC 8414 §2).']
  }
  if (url.protocol === 'https:') return []
  if (url.protocol === 'http:' && (allowHttp || isLoopback(url.hostname))) return []
  return [
    `issuer "${issuer}" must use https: anyone on the way could replace its keys. ` +
      'In a closed test network set allowHttp: true.',
  ]
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

function checkAudience({ audience, scopes }: Settings): string[] {
  const problems: string[] = []
  if (!audience) {
    problems.push(
      "audience is missing: pass { audience: 'https://api.example.com' } or set OSTIARY_AUDIENCE. " +
        'Without it, a token made for any other API would be accepted here (RFC 9068 §4).',
    )
  }
  if (scopes?.includes('offline_access')) {
    problems.push(
      'scopes must not name offline_access: it is a matter of the issuer, not of an API.',
    )
  }
  return problems
}

function checkChoices(settings: Settings): string[] {
  const problems: string[] = []
  for (const algorithm of settings.algorithms) {
    if (ASYMMETRIC.some((known) => known === algorithm)) continue
    problems.push(`algorithms: "${algorithm}" is not allowed. Choose of ${ASYMMETRIC.join(', ')}.`)
  }
  if (settings.algorithms.length === 0) problems.push('algorithms is empty: name at least one.')
  if (!['feed', 'off'].includes(settings.revocation)) {
    problems.push("revocation must be 'feed' or 'off'.")
  }
  if (!['accept', 'refuse'].includes(settings.whenStale)) {
    problems.push("whenStale must be 'accept' or 'refuse'.")
  }
  return problems
}

function checkNumbers(settings: Settings): string[] {
  const bounds = [
    ['clockToleranceSeconds', 0, 60],
    ['pollSeconds', 0.05, 3600],
    ['cacheSize', 0, 10_000_000],
    ['timeoutSeconds', 0.05, 60],
  ] as const
  return bounds.flatMap(([name, least, most]) =>
    isWithin(settings[name], least, most) ? [] : [`${name} must be from ${least} to ${most}.`],
  )
}

function checkIntrospection(introspection: IntrospectionOptions | undefined): string[] {
  if (!introspection) return []
  const problems: string[] = []
  if (!introspection.clientId || !introspection.clientSecret) {
    problems.push('introspection needs clientId and clientSecret of this API at the issuer.')
  }
  if (!isWithin(introspection.cacheSeconds ?? 0, 0, 300)) {
    problems.push('introspection.cacheSeconds must be from 0 to 300.')
  }
  return problems
}

function isWithin(value: number, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
