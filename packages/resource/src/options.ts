// The options of a guard: what may be set, what is meant when it is not, and what is refused.

import type { Algorithm } from './algorithms.ts'
import type { ApiCredentials } from './api-credentials.ts'
import {
  type ApiVersionOptions,
  type ApiVersionOptionsRead,
  checkApiVersionOptions,
  readApiVersionOptions,
} from './api-version-options.ts'
import { CONTRACTS, type ContractName, isContractName, SHAPES } from './shapes/by-contract.ts'
import type { TokenShape } from './shapes/shape.ts'
import type { TokenError } from './token-error.ts'

/** Credentials of this API at the issuer. */
export interface IntrospectionOptions extends ApiCredentials {
  /** How long an answer is reused; 0 asks every time. Default 5. */
  readonly cacheSeconds?: number
}

export interface GuardOptions {
  /** Issuer of the tokens, exactly as in its metadata. Default: OSTIARY_ISSUER. */
  readonly issuer?: string
  /** This API, as the issuer names it. Every token must be for it. Default: OSTIARY_AUDIENCE. */
  readonly audience?: string
  /** Wire contract of the issuer, which says what its tokens look like. Default: OSTIARY_CONTRACT, else `standard`. */
  readonly contract?: ContractName
  /** Name of this API, for people. */
  readonly name?: string
  /** Scopes of this API, for its metadata document. Tokens that name no scopes (`crm-com`) have all of them. */
  readonly scopes?: readonly string[]
  /** Accepted signature algorithms, where the contract leaves a choice. Default ES256, RS256 and EdDSA. */
  readonly algorithms?: readonly Algorithm[]
  /** How long past its expiry a token still passes. Default 0; 5 is plenty for clocks that drift. */
  readonly clockToleranceSeconds?: number
  /** Lets tokens that are not JWTs be checked by asking the issuer (RFC 7662 §2), and secret keys be had from it. */
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
  /** How requests name a version of this API, for `versioned`. */
  readonly apiVersions?: ApiVersionOptions
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
  | 'clockToleranceSeconds'
  | 'revocation'
  | 'pollSeconds'
  | 'whenStale'
  | 'descriptions'
  | 'cacheSize'
  | 'timeoutSeconds'
  | 'fetch'

/** Checked options, with nothing left to decide. */
export interface Settings
  extends Required<Pick<GuardOptions, WithDefault>>,
    Omit<GuardOptions, WithDefault | 'contract' | 'algorithms' | 'apiVersions'> {
  readonly contract: ContractName
  readonly shape: TokenShape
  readonly algorithms: readonly string[]
  readonly apiVersions: ApiVersionOptionsRead
}

type Environment = Readonly<Record<string, string | undefined>>

const NAMES: Readonly<Record<keyof GuardOptions, true>> = {
  issuer: true,
  audience: true,
  contract: true,
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
  apiVersions: true,
  onRefusal: true,
  onFeedError: true,
  fetch: true,
}

/** @throws TypeError that lists everything wrong at once */
export function readSettings(
  options: GuardOptions,
  environment: Environment = process.env,
): Settings {
  const named = options.contract ?? environment.OSTIARY_CONTRACT ?? 'standard'
  const contract = isContractName(named) ? named : 'standard'
  const shape = SHAPES[contract]
  const settings: Settings = {
    ...options,
    contract,
    shape,
    issuer: options.issuer ?? environment.OSTIARY_ISSUER ?? '',
    audience: options.audience ?? environment.OSTIARY_AUDIENCE ?? '',
    algorithms: options.algorithms ?? shape.jwt?.algorithms.usual ?? [],
    clockToleranceSeconds: options.clockToleranceSeconds ?? 0,
    revocation: options.revocation ?? 'feed',
    pollSeconds: options.pollSeconds ?? 2,
    whenStale: options.whenStale ?? 'accept',
    descriptions: options.descriptions ?? true,
    cacheSize: options.cacheSize ?? 10_000,
    timeoutSeconds: options.timeoutSeconds ?? 5,
    apiVersions: readApiVersionOptions(options.apiVersions),
    // Looked up at each call, so that a fetch replaced later (tracing, tests) is honoured.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
  const problems = [
    ...findUnknownNames(options),
    ...checkContract(named),
    ...checkIssuer(settings),
    ...checkAudience(settings),
    ...checkAlgorithms(settings, options.algorithms),
    ...checkChoices(settings),
    ...checkNumbers(settings),
    ...checkIntrospection(settings),
    ...checkApiVersionOptions(options.apiVersions),
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

function checkContract(name: string): string[] {
  if (isContractName(name)) return []
  return [`contract "${name}" is not known. Choose of ${CONTRACTS.join(', ')}.`]
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

function checkAlgorithms(
  { contract, shape }: Settings,
  chosen: readonly string[] | undefined,
): string[] {
  if (chosen === undefined) return []
  if (!shape.jwt) return [`algorithms: the tokens of contract ${contract} are not signed.`]
  const { allowed } = shape.jwt.algorithms
  if (chosen.length === 0) return ['algorithms is empty: name at least one.']
  return chosen
    .filter((algorithm) => !allowed.includes(algorithm))
    .map(
      (algorithm) => `algorithms: "${algorithm}" is not allowed. Choose of ${allowed.join(', ')}.`,
    )
}

function checkChoices(settings: Settings): string[] {
  const problems: string[] = []
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

function checkIntrospection({ introspection, contract, shape }: Settings): string[] {
  const problems: string[] = []
  if (!introspection) {
    const reason = whyCredentials(shape)
    if (reason) {
      problems.push(
        `introspection: { clientId, clientSecret } of this API is missing: ${reason}, as the contract ${contract} lays down.`,
      )
    }
    return problems
  }
  if (!introspection.clientId || !introspection.clientSecret) {
    problems.push('introspection needs clientId and clientSecret of this API at the issuer.')
  }
  if (!isWithin(introspection.cacheSeconds ?? 0, 0, 300)) {
    problems.push('introspection.cacheSeconds must be from 0 to 300.')
  }
  return problems
}

function whyCredentials({ jwt }: TokenShape): string | undefined {
  if (!jwt) return 'only the issuer can tell what a token says'
  return jwt.keys === 'secret' ? 'the keys of the tokens are secret' : undefined
}

function isWithin(value: number, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
