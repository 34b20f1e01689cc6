// What a client authentication method is: it finds its credentials in a request, and nothing else.

import type { IncomingRequest } from '../protocol/message.ts'

/** What was sent, in each way in which it may have been meant, the likeliest first. */
export interface PresentedSecret {
  readonly clientIds: readonly [string, ...string[]]
  readonly secrets: readonly string[]
}

export interface SecretMethod {
  readonly name: string
  /** @returns undefined when the request does not use this method. @throws OAuthError when it uses it wrongly. */
  read(request: Pick<IncomingRequest, 'authorization' | 'params'>): PresentedSecret | undefined
}
