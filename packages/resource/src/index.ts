// The public surface of `@ostiary/resource`. The adapters are `/fastify`, `/express` and `/hono`, the test issuer `/testing`.

export type { AccessToken, Claims } from './access-token.ts'
export type { Credentials } from './credentials.ts'
export {
  createGuard,
  type Guard,
  type GuardStatus,
  type RequestVerdict,
  type Verdict,
} from './guard.ts'
export type { Algorithm, GuardOptions, IntrospectionOptions } from './options.ts'
export type { Refusal } from './refusal.ts'
export type { Requirements } from './requirements.ts'
export type { ResourceMetadata } from './resource-metadata.ts'
export type { FeedStatus } from './revocation-feed.ts'
export { TokenError, type TokenErrorDetail, type TokenErrorReason } from './token-error.ts'
