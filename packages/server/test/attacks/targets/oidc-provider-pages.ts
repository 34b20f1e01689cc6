// The sign-in and consent pages that an app around node-oidc-provider has to bring: the least that its documentation
// asks for. They are not what is attacked.

import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Interactive {
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: object,
  ): Promise<void>
  readonly Client: object
  readonly Grant: {
    new (owner: { accountId: string; clientId: string }): Grant
    find(id: string): Promise<Grant>
  }
}

interface Interaction {
  readonly prompt: { readonly name: string; readonly details: Details }
  readonly params: { readonly client_id: string }
  readonly session?: { readonly accountId: string }
  readonly grantId?: string
}

interface Details {
  readonly missingOIDCScope?: readonly string[]
  readonly missingOIDCClaims?: readonly string[]
}

interface Grant {
  addOIDCScope(scope: string): void
  addOIDCClaims(claims: readonly string[]): void
  save(): Promise<string>
}

const FORMS: Readonly<Record<string, string>> = {
  login: '<input name="username"><input name="password" type="password"><button>Sign in</button>',
  consent: '<button name="decision" value="allow">Allow</button>',
}

export function answerInteractions(provider: Interactive) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const interaction = await provider.interactionDetails(request, response)
      if (request.method === 'POST') {
        const result = await decide(provider, interaction, await readForm(request))
        await provider.interactionFinished(request, response, result)
        return
      }
      const form = FORMS[interaction.prompt.name] ?? ''
      response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' })
      response.end(`<!doctype html><form method="post">${form}</form>`)
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error))
    }
  }
}

async function decide(
  provider: Interactive,
  { prompt, params, session, grantId }: Interaction,
  form: URLSearchParams,
): Promise<object> {
  if (prompt.name === 'login') return { login: { accountId: form.get('username') } }
  if (form.get('decision') !== 'allow') return { error: 'access_denied' }
  if (!session) throw new Error('nobody is signed in')
  const { accountId } = session
  const grant =
    grantId === undefined
      ? new provider.Grant({ accountId, clientId: params.client_id })
      : await provider.Grant.find(grantId)
  const { missingOIDCScope, missingOIDCClaims } = prompt.details
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
  return { consent: { grantId: await grant.save() } }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return new URLSearchParams(body)
}
