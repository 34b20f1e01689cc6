// What a key or a JWT of the trusted issuer is exchanged for, as the contract wants it.

import { newId } from '../../src/platform/random.ts'
import { signIdentity } from '../support/identity-system.ts'
import { USERNAMES } from './apps.ts'
import type { Acts } from './giving.ts'
import { fromTheLatest, type Given, keep, newGrant, tokenPathOf, type Where } from './keeping.ts'
import type { Answer } from './node.ts'
import type { World } from './world.ts'

const JWT_EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
}
/** As long as one that is good once may live. */
const JWT_LIFETIME_SECONDS = 3600

export const EXCHANGING: Acts<'exchange' | 'replay a jwt'> = {
  async exchange({ node, user, by }, world) {
    const { seed, known } = world
    const username = USERNAMES[user]
    if (by === 'code') {
      const code = { authentication_code: seed.codes[username] }
      const basic = { id: seed.applicationKey, secret: '' }
      const answer = await exchange({ access_token_identifier: code }, { world, node }, basic)
      const identifier = seed.identifiers.code[username]
      const owner = { client: seed.applicationKeyId, user: username, identifier }
      if (answer) keep(answer, { ...owner, grant: newGrant(world) }, { world, node })
      return
    }
    const text = await newJwt(username, { isDated: by === 'jwt' }, world)
    const answer = await presentJwt(text, { world, node })
    if (answer === undefined) return
    known.usedJwts.push({ text, by: username })
    const identifier = seed.identifiers.jwt[username]
    const owner = { client: seed.issuerId, user: username, identifier }
    keep(answer, { ...owner, grant: newGrant(world) }, { world, node })
  },

  async 'replay a jwt'({ node, which }, world) {
    const jwt = fromTheLatest(world.known.usedJwts, which)
    if (jwt === undefined) return
    const answer = await presentJwt(jwt.text, { world, node })
    if (answer !== undefined) throw new Error(`a JWT of ${jwt.by} was good twice`)
  },
}

function newJwt(sub: string, { isDated }: { isDated: boolean }, { seed, machines }: World) {
  const iat = machines.api.nowSeconds()
  const claims = { sub, jti: newId(), exp: iat + JWT_LIFETIME_SECONDS }
  return signIdentity(seed.issuerKey, isDated ? { ...claims, iat } : claims)
}

function presentJwt(jwt: string, { world, node }: Where): Promise<Given | undefined> {
  const { deps, post } = world.nodes[node]
  const organisation = 'acme'
  if (deps.contract.paths.applicationKeyToken !== undefined) {
    return exchange({ jwt, organisation }, { world, node })
  }
  return post(tokenPathOf(deps), { ...JWT_EXCHANGE, subject_token: jwt, organisation }).then(
    ({ status, body }) => (status === 200 ? body : undefined),
  )
}

/** At the endpoint of its own that one contract has. @returns undefined when it says no, or is not there */
async function exchange(
  json: object,
  { world, node }: Where,
  basic?: { readonly id: string; readonly secret: string },
): Promise<Given | undefined> {
  const { deps, postJson } = world.nodes[node]
  const path = deps.contract.paths.applicationKeyToken ?? ''
  const { status, body }: Answer = await postJson(path, json, basic)
  return status === 200 ? { access_token: body.data.token } : undefined
}
