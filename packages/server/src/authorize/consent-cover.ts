// What a yes covers besides scopes: where the answer may go. A member of an app's team can register another redirect
// URI at any time, and nobody has allowed that one to be sent anything.

import { matchRedirectUri, USUAL_REDIRECT_URIS } from '../protocol/redirect-uri.ts'
import type { ClientRecord, ConsentRecord, NewConsentRecord } from '../store/records.ts'
import type { AuthorizationRequest } from './request.ts'

type Asked = Pick<AuthorizationRequest, 'client' | 'target'>

export function coversRedirect({ redirectUris }: ConsentRecord, { client, target }: Asked) {
  return stands(redirectUris, target.redirectUri, client)
}

/** What the store has to remember of the page that the user has answered. */
export function coverOf({
  client,
  target,
}: Asked): Pick<NewConsentRecord, 'redirectUris' | 'shownRedirectUri'> {
  const { redirectUris } = client
  // A loopback address comes with another port each time: the registered one that it stands for is remembered.
  const shown = redirectUris.find((uri) => stands([uri], target.redirectUri, client))
  const shownRedirectUri = shown ?? target.redirectUri
  // Who is one of very many customers allows the address of their own, and the row stays short.
  const covered = redirectUris.filter((uri, at) => at < USUAL_REDIRECT_URIS || uri === shown)
  return { redirectUris: covered, shownRedirectUri }
}

function stands(
  registered: readonly string[],
  presented: string,
  { type }: Pick<ClientRecord, 'type'>,
): boolean {
  const comparison = { anyLoopbackPort: type === 'public', emptyPathIsRoot: true }
  return matchRedirectUri(registered, presented, comparison) !== undefined
}
