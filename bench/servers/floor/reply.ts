// What the endpoints of the floor are told, and what they answer.

export interface FloorSettings {
  readonly issuer: string
  readonly database: string
  readonly clientId: string
  /** SHA-256 in base64url. */
  readonly secretHash: string
  readonly redirectUri: string
  readonly audience: string
  readonly scope: string
  /** Hashes of the sessions of users who are signed in. */
  readonly sessions: readonly string[]
}

export interface Reply {
  readonly status: number
  readonly body?: string
  readonly location?: string
}

export const REFUSED: Reply = { status: 400, body: '{"error":"invalid_request"}' }

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
