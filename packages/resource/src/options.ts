// The options of a guard: what may be set, what is meant when it is not, and what is refused.

import type { Algorithm } from './algorithms.ts'
import type { ApiCredentials } from './api-credentials.ts'
import {
  type ApiVersionOptions,
  type ApiVersionOptionsRead,
  checkApiVersionOptions,
  readApiVersionOptions,
} from './api-version-options.ts'
import {
  callback,
  findWrongKinds,
  flag,
  isPlainObject,
  type Kind,
  numberFrom,
  object,
  oneOf,
  pickRightKinds,
  text,
  texts,
} from './kinds.ts'
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
  /**
   * Where this API reaches the issuer, if that is not its own address: an origin such as `https://auth.internal:8443`.
   * The paths are the same there.
   */
  readonly issuerOrigin?: string
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
  /** How often the feed is read. Default 2, at most 30. */
  readonly pollSeconds?: number
  /** What to do with good tokens once the feed could not be read for a minute, or never yet. Default `refuse`. */
  readonly whenStale?: 'refuse' | 'accept'
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

const KINDS: Readonly<Record<keyof GuardOptions, Kind>> = {
  issuer: text,
  issuerOrigin: text,
  audience: text,
  contract: text,
  name: text,
  scopes: texts,
  algorithms: texts,
  clockToleranceSeconds: numberFrom(0, 60),
  introspection: object,
  revocation: oneOf('feed', 'off'),
  pollSeconds: numberFrom(0.05, 30),
  whenStale: oneOf('refuse', 'accept'),
  descriptions: flag,
  cacheSize: numberFrom(0, 10_000_000),
  timeoutSeconds: numberFrom(0.05, 60),
  allowHttp: flag,
  apiVersions: object,
  onRefusal: callback,
  onFeedError: callback,
  fetch: callback,
}

const INTROSPECTION_KINDS: Readonly<Record<keyof IntrospectionOptions, Kind>> = {
  clientId: text,
  clientSecret: text,
  cacheSeconds: numberFrom(0, 300),
}

/** @throws TypeError that lists everything wrong at once */
export function readSettings(
  given: GuardOptions,
  environment: Environment = process.env,
): Settings {
  const misplaced = findMisplacedOptions(given)
  // What follows reads the values, so it gets those alone that are of the right kind.
  const options: GuardOptions = pickRightKinds(given, KINDS)
  const named = options.contract ?? environment.OSTIARY_CONTRACT ?? 'standard'
  const contract = isContractName(named) ? named : 'standard'
  const shape = SHAPES[contract]
  const issuer = options.issuer ?? environment.OSTIARY_ISSUER ?? ''
  const settings: Settings = {
    ...options,
    contract,
    shape,
    issuer,
    audience: options.audience ?? environment.OSTIARY_AUDIENCE ?? '',
    algorithms: options.algorithms ?? shape.jwt?.algorithms.usual ?? [],
    clockToleranceSeconds: options.clockToleranceSeconds ?? 0,
    revocation: options.revocation ?? 'feed',
    pollSeconds: options.pollSeconds ?? 2,
    whenStale: options.whenStale ?? 'refuse',
    descriptions: options.descriptions ?? true,
    cacheSize: options.cacheSize ?? 10_000,
    timeoutSeconds: options.timeoutSeconds ?? 5,
    apiVersions: readApiVersionOptions(options.apiVersions),
    fetch: fetchFromIssuer(issuer, options),
  }
  const problems = [
    ...misplaced,
    ...checkContract(named),
    ...checkIssuer(settings),
    ...checkIssuerOrigin(settings),
    ...checkAudience(settings),
    ...checkAlgorithms(settings, options.algorithms),
    ...checkIntrospection(settings),
    ...checkApiVersionOptions(options.apiVersions),
  ]
  if (problems.length === 0) return settings
  throw new TypeError(`createGuard cannot work with these options:\n- ${problems.join('\n- ')}`)
}

function findMisplacedOptions(options: GuardOptions): string[] {
  if (!isPlainObject(options)) return ['the options must be an object.']
  const { introspection } = options
  return [
    ...Object.keys(options)
      .filter((name) => !Object.hasOwn(KINDS, name))
      .map((name) => `"${name}" is not an option. Known are: ${Object.keys(KINDS).join(', ')}.`),
    ...findWrongKinds(options, KINDS),
    ...(isPlainObject(introspection)
      ? findWrongKinds(introspection, INTROSPECTION_KINDS, 'introspection.')
      : []),
  ]
}

function checkContract(name: string): string[] {
  if (isContractName(name)) return []
  return [`contract "${name}" is not known. Choose of ${CONTRACTS.join(', ')}.`]
}

/** Every call to the issuer goes through it. */
function fetchFromIssuer(
  issuer: string,
  { fetch: given, issuerOrigin }: GuardOptions,
): typeof fetch {
  // Looked up at each call, so that a fetch replaced later (tracing, tests) is honoured.
  const send: typeof fetch = given ?? ((input, init) => globalThis.fetch(input, init))
  if (issuerOrigin === undefined) return send
  return (input, init) => {
    const { origin, pathname, search } = new URL(String(input))
    if (origin !== new URL(issuer).origin) return send(input, init)
    return send(new URL(pathname + search, issuerOrigin).href, init)
  }
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
  return checkHttps('issuer', url, allowHttp)
}

function checkIssuerOrigin({ issuerOrigin, allowHttp }: Settings): string[] {
  if (issuerOrigin === undefined) return []
  if (!URL.canParse(issuerOrigin)) return [`issuerOrigin "${issuerOrigin}" is not a URL.`]
  const url = new URL(issuerOrigin)
  if (url.href !== `${url.origin}/`) {
    return [
      `issuerOrigin "${issuerOrigin}" must be an origin: the paths are those of the issuer. Write '${url.origin}'.`,
    ]
  }
  return checkHttps('issuerOrigin', url, allowHttp)
}

function checkHttps(option: string, url: URL, allowHttp: boolean | undefined): string[] {
  if (url.protocol === 'https:') return []
  if (url.protocol === 'http:' && (allowHttp || isLoopback(url.hostname))) return []
  return [
    `${option} "${url.href.replace(/\/$/, '')}" must use https: anyone on the way could replace its keys. ` +
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
  return problems
}

function whyCredentials({ jwt }: TokenShape): string | undefined {
  if (!jwt) return 'only the issuer can tell what a token says'
  return jwt.keys === 'secret' ? 'the keys of the tokens are secret' : undefined
}
