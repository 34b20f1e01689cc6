// The grants of the floor: every check that makes a grant what it is, and every write that makes it last.

import { newSecret, sealWith, sha256, signJwt } from './cryptography.ts'
import { type FloorSettings, nowSeconds, REFUSED, type Reply } from './reply.ts'
import type { FloorStore, NewTokens } from './store.ts'

type Form = Readonly<Record<string, string>>
type Grant = (form: Form) => Promise<Reply>

const LIFETIME = 3600

export function createGrants(
  { issuer, scope, audience, clientId }: FloorSettings,
  store: FloorStore,
): Readonly<Record<string, Grant>> {
  return {
    async client_credentials(form) {
      const now = nowSeconds()
      if (form.format === 'jwt') return tokenReply({ access_token: await signJwt(claims(now)) })
      const token = newSecret()
      await store.saveAccessToken(sha256(token), { user: null, scope, expires: now + LIFETIME })
      return tokenReply({ access_token: token })
    },
    async authorization_code({ code = '', code_verifier = '', redirect_uri }) {
      const found = store.findCode(sha256(code))
      if (found?.challenge !== sha256(code_verifier)) return REFUSED
      if (found.redirect_uri !== redirect_uri) return REFUSED
      const { answer, tokens } = mint(found.user)
      return (await store.redeemCode(sha256(code), tokens)) ? tokenReply(answer) : REFUSED
    },
    async refresh_token({ refresh_token = '' }) {
      const hash = sha256(refresh_token)
      const found = store.findRefreshToken(hash)
      if (found?.rotated !== null) return REFUSED
      const { answer, tokens } = mint(found.user)
      const sealed = sealWith(refresh_token, JSON.stringify(answer))
      return (await store.rotate(hash, { ...tokens, answer: sealed }))
        ? tokenReply(answer)
        : REFUSED
    },
  }

  function claims(now: number): object {
    const exp = now + LIFETIME
    const about = { iss: issuer, sub: clientId, client_id: clientId, aud: audience, scope }
    return { ...about, iat: now, exp, jti: newSecret() }
  }

  function mint(user: string): { answer: object; tokens: NewTokens } {
    const access = newSecret()
    const refresh = newSecret()
    const hashes = { accessHash: sha256(access), refreshHash: sha256(refresh) }
    return {
      answer: { access_token: access, refresh_token: refresh },
      tokens: { ...hashes, user, scope, now: nowSeconds() },
    }
  }

  function tokenReply(answer: object): Reply {
    const rest = { token_type: 'Bearer', expires_in: LIFETIME, scope }
    return { status: 200, body: JSON.stringify({ ...answer, ...rest }) }
  }
}
