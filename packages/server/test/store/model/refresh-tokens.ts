// The model's refresh tokens: the rules of RotateInput, one after the other.

import type { GrantStore, RotateInput, RotateOutcome } from '../../../src/store/port.ts'
import { findGrant, grantRecordOf, isLive, noteUse } from './grants.ts'
import { revokeGrant } from './revocations.ts'
import { type Answer, like, type State } from './state.ts'

type Methods = 'findRefreshToken' | 'rotateRefreshToken' | 'renewRefreshToken'

export const refreshTokenModel = (state: State): Pick<GrantStore, Methods> => ({
  async findRefreshToken(tenant, hash) {
    const found = state.refreshTokens.find(like({ tenant, hash }))
    if (!found) return null
    const { answer: _answer, ...token } = found
    const grant = grantRecordOf(findGrant(state, tenant, token.grantId))
    return { token, grant, grantIsLive: isLive(state, grant) }
  },

  async rotateRefreshToken(input) {
    const { tenant, hash } = input
    const token = state.refreshTokens.find(like({ tenant, hash }))
    if (!token) return { outcome: 'unknown' }
    if (token.clientId !== input.clientId) return { outcome: 'wrong_client' }
    if (!isLive(state, findGrant(state, tenant, token.grantId))) return { outcome: 'revoked' }
    return token.answer
      ? answerAgain(state, { ...token, answer: token.answer }, input)
      : rotate(state, token, input)
  },

  async renewRefreshToken({ tenant, hash, clientId, nowSeconds, expiresAtSeconds, accessToken }) {
    const token = state.refreshTokens.find(like({ tenant, hash, clientId }))
    if (!token) return 'unknown'
    const isOver = !isLive(state, findGrant(state, tenant, token.grantId))
    if (isOver || token.answer) return 'revoked'
    if (Math.min(token.expiresAtSeconds, token.endsAtSeconds) <= nowSeconds) return 'expired'
    token.expiresAtSeconds = expiresAtSeconds
    if (accessToken) state.accessTokens.push(accessToken)
    return 'renewed'
  },
})

type Token = State['refreshTokens'][number]

function rotate(state: State, token: Token, input: RotateInput): RotateOutcome {
  const { nowSeconds, successor, accessToken } = input
  if (Math.min(token.expiresAtSeconds, token.endsAtSeconds) <= nowSeconds) {
    return { outcome: 'expired' }
  }
  token.rotatedAtSeconds = nowSeconds
  token.answer = {
    successorHash: successor.hash,
    fingerprint: input.fingerprint,
    expiresAtSeconds: nowSeconds + input.retryWindowSeconds,
    sealed: input.sealedAnswer,
  }
  state.refreshTokens.push({ ...successor, answer: undefined })
  if (accessToken) state.accessTokens.push(accessToken)
  noteUse(findGrant(state, successor.tenant, successor.grantId), successor.issuedAtSeconds)
  return { outcome: 'rotated' }
}

function answerAgain(
  state: State,
  { tenant, grantId, answer }: Token & { answer: Answer },
  input: RotateInput,
): RotateOutcome {
  const successor = state.refreshTokens.find(like({ tenant, hash: answer.successorHash }))
  const inTime = input.nowSeconds < answer.expiresAtSeconds && answer.sealed !== undefined
  if (!inTime || !successor || successor.answer) {
    revokeGrant(state, { ...input, grantId, event: input.reuseEvent })
    return { outcome: 'reused', grantId }
  }
  return answer.fingerprint === input.fingerprint
    ? { outcome: 'retried', sealedAnswer: answer.sealed ?? '' }
    : { outcome: 'retry_differs' }
}
