// The public surface of `@ostiary/resource`. The adapters are `/fastify`, `/express` and `/hono`, the test issuer `/testing`.

export type { AccessToken } from './access-token.ts'
export type { Algorithm } from './algorithms.ts'
export type { ApiVersionOptions } from './api-version-options.ts'
export type { ApiVersionSetting, ApiVersionState } from './api-versions.ts'
export type { Claims } from './claims.ts'
export type { Credentials } from './credentials.ts'
export {
  createGuard,
  type Guard,
  type RequestVerdict,
  type Verdict,
} from './guard.ts'
export type { GuardOptions, IntrospectionOptions } from './options.ts'
export type { Refusal } from './refusal.ts'
export type { Requirements } from './requirements.ts'
export type { ResourceMetadata } from './resource-metadata.ts'
export type { FeedStatus } from './revocation-feed.ts'
export type { ContractName } from './shapes/by-contract.ts'
export type { GuardStatus } from './token-checker.ts'
export { TokenError, type TokenErrorDetail, type TokenErrorReason } from './token-error.ts'
export type { VersionGate, VersionVerdict } from './version-gate.ts'
export { type VersionedHandler, versioned } from './versioned-handler.ts'
