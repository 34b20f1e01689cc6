// Attacks on authorization codes: replay, races, other clients, time.

import { getAnswer, newPkce } from '../../support/test-app.ts'
import type { Check, Witness } from '../check.ts'
import type { Scene } from '../scene.ts'

const RACES = 3
const LATER_SECONDS = 11
const RACERS = 20

export const CODE_CHECKS: readonly Check[] = [
  {
    row: 'A1',
    title: 'a code used twice is refused, and what it gave is void',
    async run(scene, witness) {
      const { web } = scene
      const { code, verifier } = await web.obtainCode({ browser: await scene.browser() })
      const { body, status } = await web.redeem(code, verifier)
      witness.given('the first use', status === 200)
      witness.given('its token is active', await scene.isActive(body.access_token))
      // At once it may be the app itself, which has lost the answer.
      scene.target.advanceClock?.(LATER_SECONDS)
      witness.refused('second use', await web.redeem(code, verifier), 'invalid_grant')
      const isActive = await scene.isActive(body.access_token)
      witness.sees('the access token is void', !isActive)
      const bearer = { authorization: `Bearer ${body.access_token}` }
      const { status: atUserinfo } = await getAnswer(scene.target.endpoints.userinfo, bearer)
      witness.sees('at userinfo', atUserinfo === 401, `${atUserinfo}`)
      witness.refused('refresh token', await web.refresh(body.refresh_token), 'invalid_grant')
    },
  },
  {
    row: 'A2',
    title: 'who only saw a code cannot end the tokens that it gave',
    async run(scene, witness) {
      const { web, other } = scene
      const { code, verifier } = await web.obtainCode({ browser: await scene.browser() })
      const { body } = await web.redeem(code, verifier)
      const attempts = {
        'wrong verifier': web.redeem(code, newPkce().verifier),
        'no verifier': web.redeem(code, undefined),
        'other client': other.redeem(code, verifier, { redirect_uri: web.client.redirectUri }),
        'other redirect URI': web.redeem(code, verifier, { redirect_uri: 'https://evil.example' }),
      }
      for (const [what, attempt] of Object.entries(attempts)) {
        witness.refused(what, await attempt, 'invalid_grant')
      }
      const guessing = scene.app({ ...web.client, secret: 'guessed' })
      witness.refused('wrong secret', await guessing.redeem(code, verifier), 'invalid_client')
      witness.sees('the access token lives', await scene.isActive(body.access_token))
      const { status } = await web.refresh(body.refresh_token)
      witness.sees('the refresh token lives', status === 200)
    },
  },
  {
    row: 'A3',
    title: `of ${RACERS} uses of one code at once at most one is answered`,
    run: raceCodes,
  },
  {
    row: 'A3',
    title: 'and over two processes',
    needs: ['second process'],
    run: raceCodes,
  },
  {
    row: 'A4',
    title: 'a code is old after at most ten minutes',
    needs: ['clock'],
    async run(scene, witness) {
      const { web } = scene
      const timely = await web.obtainCode({ browser: await scene.browser() })
      scene.advance(50)
      const { status } = await web.redeem(timely.code, timely.verifier)
      witness.given('a code of 50 seconds', status === 200)
      const late = await web.obtainCode({ browser: await scene.browser() })
      scene.advance(601)
      witness.refused('601 seconds', await web.redeem(late.code, late.verifier), 'invalid_grant')
    },
  },
  {
    row: 'A5',
    title: 'a code is for its client and redirect URI, and a failed try does not burn it',
    async run(scene, witness) {
      const { web, other } = scene
      const { code, verifier } = await web.obtainCode({ browser: await scene.browser() })
      const elsewhere = { redirect_uri: web.client.redirectUri }
      witness.refused('other client', await other.redeem(code, verifier), 'invalid_grant')
      const borrowed = await other.redeem(code, verifier, elsewhere)
      witness.refused('other client, right URI', borrowed, 'invalid_grant')
      const strange = { redirect_uri: `${web.client.redirectUri}/other` }
      const answer = await web.redeem(code, verifier, strange)
      witness.refused('other URI', answer, 'invalid_grant')
      const { status } = await web.redeem(code, verifier)
      witness.sees('the right one is answered', status === 200)
    },
  },
  {
    row: 'A20',
    title: "a victim's code does not go with the verifier of the attacker's session",
    async run(scene, witness) {
      const { web, target } = scene
      const victim = await web.obtainCode({ browser: await scene.browser() })
      const attacker = await web.obtainCode({ user: target.users.attacker })
      const injected = await web.redeem(victim.code, attacker.verifier)
      witness.refused("victim's code", injected, 'invalid_grant')
      const reversed = await web.redeem(attacker.code, victim.verifier)
      witness.refused("attacker's code", reversed, 'invalid_grant')
      const { status } = await web.redeem(victim.code, victim.verifier)
      witness.sees('the right verifier is answered', status === 200)
    },
  },
  {
    row: 'A24',
    title: 'who reads the answer on its way cannot use it without the verifier',
    async run(scene, witness) {
      const { code, verifier } = await scene.spa.obtainCode({ browser: await scene.browser() })
      for (const guess of [undefined, '', newPkce().verifier]) {
        const what = guess === undefined ? 'no verifier' : `verifier ${JSON.stringify(guess)}`
        witness.refused(what, await scene.spa.redeem(code, guess), 'invalid_grant')
      }
      const { status } = await scene.spa.redeem(code, verifier)
      witness.sees('the right one is answered', status === 200)
    },
  },
]

async function raceCodes(scene: Scene, witness: Witness): Promise<void> {
  for (let round = 0; round < RACES; round += 1) {
    const { web } = scene
    const { code, verifier } = await web.obtainCode({ browser: await scene.browser() })
    const answers = await web.race(RACERS, web.codeFields(code, verifier))
    const answered = answers.filter(({ status }) => status === 200)
    witness.sees(
      `of ${RACERS} uses`,
      answered.length === 1,
      `${answered.length} of ${RACERS} answered`,
    )
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      witness.refused('another use', answer, 'invalid_grant')
    }
  }
}
