// Owns the question which API is calling. An API is a client that is registered as a resource server, with a secret.

import { OAuthError } from '../protocol/errors.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { type AuthenticatedClient, authenticateClient, type ClientAuthDeps } from './index.ts'

export interface AuthenticatedApi extends AuthenticatedClient {
  /** The audience of the tokens that are meant for it. */
  readonly resourceServer: string
}

/** @throws OAuthError invalid_client, access_denied and what `authenticateClient` throws */
export async function authenticateApi(
  request: IncomingRequest,
  deps: ClientAuthDeps,
): Promise<AuthenticatedApi> {
  const client = await authenticateClient(request, deps)
  if (!client.proven) throw new OAuthError('client_credentials_missing')
  const { resourceServer } = client
  if (resourceServer === null) throw new OAuthError('client_is_no_api')
  return { ...client, resourceServer }
}
