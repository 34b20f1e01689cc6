// Application keys and identity JWTs, of the contract `crm-com`. Its tokens are JWTs, but what they are good for stands
// in the grant alone: without that record they are unknown.

import { addAuthenticationCode, linkIdentity } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import { addTrustedIssuer } from '../../src/operations/trusted-issuers.ts'
import { newId } from '../../src/platform/random.ts'
import {
  IDENTITY_AUDIENCE,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../support/identity-system.ts'
import {
  basicKey,
  codeBody,
  exchange,
  introspect,
  jwtBody,
  tokenIn,
} from '../support/key-exchange.ts'
import type { Deployment } from '../support/server-process.ts'
import type { Worker, Workload } from './kill.ts'

const JWT_LIFETIME_SECONDS = 600

export const keyExchange: Workload = {
  name: 'application keys and identity JWTs',
  deployment: {
    contract: 'crm-com',
    // Every used JWT is presented again.
    rateLimits: { failedClientAuthenticationsPerMinute: 1_000_000 },
  },

  async hire(workers, deployment) {
    const context = await deployment.openContext()
    const credentials = await createCredentials(context)
    await context.store.close()
    return Array.from({ length: workers }, () => createWorker(credentials, deployment))
  },
}

interface Credentials {
  readonly key: string
  /** Of ada. */
  readonly code: string
  /** Good for one use, for bob. */
  newJwt(): Promise<string>
}

async function createCredentials(context: ClientContext): Promise<Credentials> {
  const { key } = await createApplicationKey({ organisationId: 'acme', name: 'till' }, context)
  const { code } = await addAuthenticationCode({ username: 'ada' }, context)
  const issuerKey = await newIdentityKey('k1')
  const issuer = `https://identity.example/${newId()}`
  const pinnedKeys = jwksOf([issuerKey])
  await addTrustedIssuer(
    { name: 'Identity', issuer, audience: IDENTITY_AUDIENCE, pinnedKeys },
    context,
  )
  await linkIdentity({ username: 'bob', issuer, subject: 'bob' }, context)
  const newJwt = () => {
    const exp = context.clock.nowSeconds() + JWT_LIFETIME_SECONDS
    return signIdentity(issuerKey, { iss: issuer, sub: 'bob', exp, jti: newId() })
  }
  return { key, code, newJwt }
}

function createWorker({ key, code, newJwt }: Credentials, deployment: Deployment): Worker {
  const tokens: string[] = []
  const usedJwts: string[] = []
  const sendJwt = (jwt: string) => exchange(deployment, jwtBody(jwt))
  return {
    async work(turn) {
      if (turn % 2 === 0) {
        const answer = await exchange(deployment, codeBody(code), basicKey(key))
        if (answer.status !== 200) return false
        tokens.push(tokenIn(answer))
        return true
      }
      const jwt = await newJwt()
      const answer = await sendJwt(jwt)
      if (answer.status !== 200) return false
      tokens.push(tokenIn(answer))
      usedJwts.push(jwt)
      return true
    },

    async findLost() {
      const lost: string[] = []
      for (const token of tokens) {
        const { active } = await introspect(deployment, token)
        if (!active) lost.push('a token is unknown')
      }
      for (const jwt of usedJwts) {
        const { status, text } = await sendJwt(jwt)
        if (status !== 401) lost.push(`an identity JWT can be used again: ${status} ${text}`)
      }
      // They are refused because they were used, not because their issuer is forgotten.
      const { status, text } = await sendJwt(await newJwt())
      if (status !== 200) lost.push(`a new identity JWT is refused: ${text}`)
      return lost
    },
  }
}
