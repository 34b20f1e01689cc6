// How this API tells its issuer who it is.

export interface ApiCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined by a colon. */
export function basicCredentials({ clientId, clientSecret }: ApiCredentials): string {
  const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
