// Proves that a subject does the work before it is measured: a server that skips a check would be fast for nothing.

import { createHash, randomBytes } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { type Call, type CodeFlow, PROBE_SESSIONS, type Target } from '../load/target.ts'

/** @throws when something is given that must not be given, or the other way round */
export async function probe(target: Target): Promise<void> {
  const { jwt, opaque } = target.clientCredentials
  if (jwt) await probeJwt(jwt, target)
  if (opaque) await probeSecret(opaque, target)
  if (opaque && target.introspection) await probeToken(opaque, target)
  if (target.codeFlow) await probeCodes(target.codeFlow, target)
}

async function probeJwt(call: Call, target: Target): Promise<void> {
  const { access_token: token } = await succeed(call, target)
  if (!target.jwks) throw new Error('JWTs, but no keys to verify them')
  const keys = (await (await fetch(urlOf(target.jwks, target))).json()) as JSONWebKeySet
  const { protectedHeader } = await jwtVerify(String(token), createLocalJWKSet(keys))
  if (protectedHeader.alg !== 'ES256') throw new Error(`signed with ${protectedHeader.alg}`)
}

async function probeSecret(call: Call, target: Target): Promise<void> {
  const [, credentials = ''] = (call.headers?.authorization ?? '').split(' ')
  const [id] = Buffer.from(credentials, 'base64').toString().split(':')
  const wrong = `Basic ${Buffer.from(`${id}:wrong`).toString('base64')}`
  await fail('a wrong secret', { ...call, headers: { authorization: wrong } }, target)
}

async function probeToken(opaque: Call, target: Target): Promise<void> {
  const { introspection = opaque, revocation } = target
  const token = String((await succeed(opaque, target)).access_token)
  if (token.split('.').length === 3) throw new Error('an opaque token looks like a JWT')
  const ask = () => succeed(withForm(introspection, { token }), target)
  if (!(await ask()).active) throw new Error('a new token is not active')
  if (!revocation) return
  await post(withForm(revocation, { token }), target)
  if ((await ask()).active) throw new Error('a revoked token is active')
}

/** PKCE, codes that work once, refresh tokens that are rotated. */
async function probeCodes(flow: CodeFlow, target: Target): Promise<void> {
  const verifier = randomBytes(32).toString('base64url')
  const redeem = (code = '', code_verifier = '') => withForm(flow.token, { code, code_verifier })
  const other = randomBytes(32).toString('base64url')
  const [stolen, code, replayable] = await Promise.all(
    flow.sessions
      .slice(0, PROBE_SESSIONS)
      .map((cookie) => obtainCode(cookie, { flow, target, verifier })),
  )
  await fail('a wrong verifier', redeem(stolen, other), target)
  const replayed = redeem(replayable, verifier)
  await succeed(replayed, target)
  await fail('a code that was redeemed', replayed, target)
  const first = await succeed(redeem(code, verifier), target)
  if (!target.refresh) return
  const spent = withForm(target.refresh, { refresh_token: String(first.refresh_token) })
  const second = await succeed(spent, target)
  // A retry may get the very answer of the first time; nobody gets another one.
  const third = await post(spent, target)
  if (
    third.ok &&
    ((await third.json()) as Record<string, unknown>).refresh_token !== second.refresh_token
  ) {
    throw new Error('a spent refresh token gave another one')
  }
}

interface Visit {
  readonly flow: CodeFlow
  readonly target: Target
  readonly verifier: string
}

async function obtainCode(cookie: string, { flow, target, verifier }: Visit): Promise<string> {
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const url = `${urlOf(flow.authorize, target)}&code_challenge=${challenge}`
  // A script would get another answer than a browser from some subjects.
  const headers = { ...flow.authorize.headers, cookie, 'sec-fetch-mode': 'navigate' }
  const answer = await fetch(url, { headers, redirect: 'manual' })
  const location = answer.headers.get('location') ?? ((await answer.json()) as { url: string }).url
  const code = new URL(location).searchParams.get('code')
  if (code === null) throw new Error(`no code, but ${answer.status} ${location}`)
  return code
}

async function succeed(call: Call, target: Target): Promise<Record<string, unknown>> {
  const answer = await post(call, target)
  if (answer.ok) return (await answer.json()) as Record<string, unknown>
  throw new Error(`${call.path} answers ${answer.status} ${await answer.text()}`)
}

async function fail(what: string, call: Call, target: Target): Promise<void> {
  const answer = await post(call, target)
  if (answer.ok) throw new Error(`${what} was taken: ${await answer.text()}`)
}

function post(call: Call, target: Target): Promise<Response> {
  return fetch(urlOf(call, target), {
    method: 'POST',
    headers: call.headers ?? {},
    body: new URLSearchParams(call.form),
  })
}

function withForm(call: Call, form: Readonly<Record<string, string>>): Call {
  return { ...call, form: { ...call.form, ...form } }
}

function urlOf({ path }: Call, { port }: Target): string {
  return `http://localhost:${port}${path}`
}
