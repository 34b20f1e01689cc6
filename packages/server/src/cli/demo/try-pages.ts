// A link that shows the pages of the demo, and the command that turns the code at its end into tokens.

import { createHash, randomBytes } from 'node:crypto'
import { WEB_APP } from './apps.ts'
import type { DemoTenant } from './demo-file.ts'

export interface PageTrial {
  /** Opens sign-in and consent in a browser. */
  readonly url: string
  /** Redeems the code; `CODE` stands where it belongs. */
  readonly exchange: string
}

/** The request of the demo's web app (RFC 7636 §4.3), with a verifier made for this start. */
export function createPageTrial({ clients, endpoints }: DemoTenant): PageTrial | undefined {
  const app = clients.find(({ client_id }) => client_id === WEB_APP)
  const [redirectUri] = app?.redirect_uris ?? []
  if (app === undefined || redirectUri === undefined) return undefined
  const verifier = randomBytes(32).toString('base64url')
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: app.client_id,
    redirect_uri: redirectUri,
    state: 'demo',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const form = [
    'grant_type=authorization_code',
    `redirect_uri=${redirectUri}`,
    `code_verifier=${verifier}`,
    'code=CODE',
  ]
  const fields = form.map((field) => `-d ${field}`).join(' ')
  return {
    url: `${endpoints.authorize}?${request}`,
    exchange: `curl -s -u '${app.client_id}:${app.client_secret}' ${fields} ${endpoints.token}`,
  }
}
