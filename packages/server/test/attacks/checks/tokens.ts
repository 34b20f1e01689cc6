// Attacks with tokens: guessing, in the URL, forged, of the wrong kind, asking about those of others.

import { createHash } from 'node:crypto'
import type { JWK } from 'jose'
import {
  signedWithOwnKey,
  signedWithPublicKeys,
  unsigned,
  withExtension,
} from '../../support/forged-jwt.ts'
import { type Answer, getAnswer } from '../../support/test-app.ts'
import type { Check, Witness } from '../check.ts'
import type { Scene } from '../scene.ts'
import { openTrap } from './trap.ts'

const FEWEST_RANDOM_BITS = 128

export const TOKEN_CHECKS: readonly Check[] = [
  {
    row: 'B8',
    title: 'codes and tokens are long, and differ from the first character that may',
    async run(scene, witness) {
      const samples: Record<string, string[]> = { code: [], access: [], refresh: [] }
      for (let round = 0; round < 12; round += 1) {
        const { code, verifier } = await scene.spa.obtainCode({ browser: await scene.browser() })
        const { body } = await scene.spa.redeem(code, verifier)
        samples.code?.push(code)
        samples.access?.push(body.access_token)
        samples.refresh?.push(body.refresh_token)
      }
      for (const [kind, texts] of Object.entries(samples)) {
        const bits = randomBitsOf(texts)
        witness.sees(kind, bits >= FEWEST_RANDOM_BITS, `${kind} of at most ${bits} bits`)
      }
    },
  },
  {
    row: 'B8',
    title: 'a part of a token, or one that is nearly right, is no token',
    async run(scene, witness) {
      const { refresh } = await scene.spa.obtainTokens({ browser: await scene.browser() })
      const swapped = `${refresh.slice(0, -7)}${refresh.at(-7) === 'A' ? 'B' : 'A'}${refresh.slice(-6)}`
      for (const guess of [
        createHash('sha256').update(refresh).digest('base64url'),
        createHash('sha256').update(refresh).digest('hex'),
        refresh.slice(0, -1),
        `${refresh}A`,
        refresh.toUpperCase(),
        swapped,
        '%',
      ]) {
        witness.refused('a guess', await scene.spa.refresh(guess), 'invalid_grant')
      }
      const { status } = await scene.spa.refresh(refresh)
      witness.sees('the token itself goes on', status === 200)
    },
  },
  {
    row: 'B9',
    title: 'an access token in the URL opens nothing',
    async run(scene, witness) {
      const { access } = await scene.web.obtainTokens({ browser: await scene.browser() })
      const { userinfo } = scene.target.endpoints
      const bearer = { authorization: `Bearer ${access}` }
      witness.given('in the header', (await getAnswer(userinfo, bearer)).status !== 401)
      const inUrl = await getAnswer(`${userinfo}?access_token=${access}`)
      refusesToken('in the URL', inUrl, witness)
      const both = await getAnswer(`${userinfo}?access_token=x`, bearer)
      witness.sees('both', both.status < 500, `${both.status}`)
    },
  },
  forged('B10', 'a token without a signature, or with one made of what is public, opens nothing', {
    of: async (scene, token) => [
      ...unsigned(token),
      ...signedWithPublicKeys(token, await readKeys(scene)),
    ],
  }),
  forged('B11', 'a token neither brings nor chooses its key', {
    of: async (_scene, token, trap) => [...signedWithOwnKey(token, trap), ...withExtension(token)],
  }),
  {
    row: 'B12',
    title: 'one kind of token is not another',
    async run(scene, witness) {
      const { access, refresh, identity } = await scene.spa.obtainTokens({
        browser: await scene.browser(),
      })
      const { code } = await scene.spa.obtainCode({ browser: await scene.browser() })
      for (const [what, token] of Object.entries({ identity, refresh, code })) {
        refusesToken(`${what} as access token`, await askUserinfo(scene, token), witness)
      }
      for (const [what, token] of Object.entries({ identity, access, code })) {
        witness.refused(`${what} as refresh token`, await scene.spa.refresh(token), 'invalid_grant')
      }
      const redeemed = await scene.spa.redeem(refresh, 'a'.repeat(43))
      witness.refused('refresh token as code', redeemed, 'invalid_grant')
    },
  },
  {
    row: 'B14',
    title: "an app's own token is not one of a user",
    async run(scene, witness) {
      const { status, body } = await scene.machine.token({ grant_type: 'client_credentials' })
      witness.given('the app gets a token', status === 200)
      const answer = await askUserinfo(scene, body.access_token)
      witness.sees('at userinfo', [400, 401, 403].includes(answer.status), `${answer.status}`)
      witness.sees('no refresh token', body.refresh_token === undefined)
      witness.sees('no id_token', body.id_token === undefined)
    },
  },
  {
    row: 'B15',
    title: 'a DPoP proof that is none binds nothing',
    async run(scene, witness) {
      const { code, verifier } = await scene.web.obtainCode({ browser: await scene.browser() })
      const { endpoints } = scene.target
      const proof = { dpop: 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AA' }
      const answer = await scene.web.post(
        endpoints.token,
        scene.web.codeFields(code, verifier),
        proof,
      )
      const type = answer.body?.token_type
      const seen = answer.status === 200 ? `token_type ${type}` : `${answer.status} refused`
      witness.sees('no promise', answer.status !== 200 || type === 'Bearer', seen)
    },
  },
  {
    row: 'B18',
    title: 'without credentials nobody learns anything about a token',
    async run(scene, witness) {
      const { endpoints, apps } = scene.target
      const { access } = await scene.web.obtainTokens({ browser: await scene.browser() })
      for (const [what, client] of Object.entries({
        'an unknown app': { ...apps.api, id: 'unknown', secret: 'guess' },
        'a wrong secret': { ...apps.api, secret: 'guess' },
        'no secret': { ...apps.api, secret: undefined },
      })) {
        const answer = await scene.app(client).post(endpoints.introspect, { token: access })
        witness.refused(`introspection, ${what}`, answer, 'invalid_client')
        witness.sees('nothing of the token', answer.body?.active === undefined)
        const revoked = await scene.app(client).post(endpoints.revoke, { token: access })
        witness.refused(`revocation, ${what}`, revoked, 'invalid_client')
      }
      witness.sees('the token lives', await scene.isActive(access))
    },
  },
  {
    row: 'B18',
    title: "another app's token is unknown to an app, and not its own to revoke",
    async run(scene, witness) {
      const { access, refresh } = await scene.web.obtainTokens({ browser: await scene.browser() })
      for (const token of [access, refresh]) {
        const { body } = await scene.other.introspect(token)
        witness.sees('introspection', body.active !== true, `active ${body.active}`)
        await scene.other.revoke(token)
        await scene.spa.revoke(token)
      }
      witness.sees('the access token lives', await scene.isActive(access))
      const { status } = await scene.web.refresh(refresh)
      witness.sees('the refresh token lives', status === 200, `${status}`)
    },
  },
  {
    row: 'B18',
    title: 'a token that was revoked is void at once, with the tokens of the same grant',
    async run(scene, witness) {
      const { access, refresh } = await scene.web.obtainTokens({ browser: await scene.browser() })
      witness.given('before', await scene.isActive(access))
      witness.given('revoking', (await scene.web.revoke(refresh)).status === 200)
      const isActive = await scene.isActive(access)
      witness.sees('the access token is void', !isActive)
      witness.refused('the refresh token', await scene.web.refresh(refresh), 'invalid_grant')
    },
  },
]

interface Forgery {
  of(scene: Scene, token: string, trap: string): Promise<readonly string[]>
}

/** Forged from an id token, which every OpenID provider signs, and from an access token where that is a JWT. */
function forged(row: string, title: string, { of }: Forgery): Check {
  return {
    row,
    title,
    async run(scene, witness) {
      const trap = await openTrap()
      try {
        const browser = await scene.browser()
        const { access, identity } = await scene.web.obtainTokens({ browser })
        for (const token of [identity, access].filter((text) => text.split('.').length === 3)) {
          for (const forgery of await of(scene, token, trap.url)) {
            refusesToken('a forgery', await askUserinfo(scene, forgery), witness)
            witness.sees('introspection', !(await scene.isActive(forgery)), 'not active')
          }
        }
        witness.given('the token itself', (await askUserinfo(scene, access)).status === 200)
      } finally {
        await trap.close()
      }
      witness.sees('no key was fetched', trap.hits() === 0)
    },
  }
}

function askUserinfo({ target }: Scene, token: string): Promise<Answer> {
  return getAnswer(target.endpoints.userinfo, { authorization: `Bearer ${token}` })
}

function refusesToken(what: string, { status }: Answer, witness: Witness): void {
  // A header that is too long is 431 by RFC 6585 §5; a token that is no token may be a bad request.
  witness.sees(what, [400, 401, 403, 431].includes(status), `${status}`)
}

/** An upper bound: six bits for each place where the samples are not all the same. */
function randomBitsOf(samples: readonly string[]): number {
  const [first = ''] = samples
  const differing = [...first].filter((sign, index) => samples.some((text) => text[index] !== sign))
  return differing.length * 6
}

async function readKeys({ target }: Scene): Promise<JWK[]> {
  // Its type may be that of a key set, too.
  const { text } = await getAnswer(target.endpoints.jwks)
  return JSON.parse(text).keys
}
