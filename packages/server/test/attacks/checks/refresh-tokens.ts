// Attacks on refresh tokens: reuse, races, forks, lost answers, upgrades, other apps, time.

import type { AppUnderAttack } from '../app-under-attack.ts'
import type { Check, Witness } from '../check.ts'
import type { Scene } from '../scene.ts'

/** Longer than any window in which a server answers a repeated refresh. */
const AFTER_ANY_WINDOW_SECONDS = 301
const DAY_SECONDS = 86_400
const STEP_DAYS = 7
const MOST_DAYS = 400
const NO_WINDOW = 'no window: the second use ends the family; a lost answer costs a sign-in'
const RACES = 3
const RACERS = 20

export const REFRESH_CHECKS: readonly Check[] = [
  {
    row: 'B1',
    title: 'a spent token, late, ends everything that came of it',
    needs: ['clock'],
    async run(scene, witness) {
      const { spa } = scene
      const first = await spa.obtainTokens({ browser: await scene.browser() })
      const second = await rotate(spa, first.refresh, witness)
      const third = await rotate(spa, second.refresh, witness)
      scene.advance(AFTER_ANY_WINDOW_SECONDS)
      witness.given('the last access token', await scene.isActive(third.access))
      witness.refused('the first', await spa.refresh(first.refresh), 'invalid_grant')
      witness.refused('the last', await spa.refresh(third.refresh), 'invalid_grant')
      const isActive = await scene.isActive(third.access)
      witness.sees('the last access token is void', !isActive)
    },
  },
  {
    row: 'B1',
    title: 'other authorizations of the same user and app live on',
    needs: ['clock'],
    async run(scene, witness) {
      const { spa } = scene
      const other = await spa.obtainTokens({ browser: await scene.signIn() })
      const first = await spa.obtainTokens({ browser: await scene.signIn() })
      await rotate(spa, first.refresh, witness)
      scene.advance(AFTER_ANY_WINDOW_SECONDS)
      witness.refused('the spent one', await spa.refresh(first.refresh), 'invalid_grant')
      const { status } = await spa.refresh(other.refresh)
      witness.sees('the other one lives', status === 200, `${status}`)
    },
  },
  {
    row: 'B2',
    title: `${RACERS} refreshes at once give at most one successor`,
    run: raceRefreshes,
  },
  {
    row: 'B2',
    title: 'and over two processes',
    needs: ['second process'],
    run: raceRefreshes,
  },
  {
    row: 'B3',
    title: 'who has the same token never gets a successor of his own',
    async run(scene, witness) {
      const { spa } = scene
      const { refresh: stolen } = await spa.obtainTokens({ browser: await scene.browser() })
      const victim = await rotate(spa, stolen, witness)
      const thief = await spa.refresh(stolen)
      if (thief.status === 200) {
        witness.sees('the same successor', thief.body.refresh_token === victim.refresh)
      } else {
        witness.refused('the second', thief, 'invalid_grant')
      }
    },
  },
  {
    row: 'B3',
    title: 'once one of the two went on, the other one ends the family',
    async run(scene, witness) {
      const { spa } = scene
      const { refresh: stolen } = await spa.obtainTokens({ browser: await scene.browser() })
      const shared = await rotate(spa, stolen, witness)
      const winner = await rotate(spa, shared.refresh, witness)
      witness.refused('the loser', await spa.refresh(stolen), 'invalid_grant')
      witness.refused('the winner', await spa.refresh(winner.refresh), 'invalid_grant')
    },
  },
  {
    row: 'B4',
    title: 'an answer that was lost can be asked for again',
    async run(scene, witness) {
      const { spa } = scene
      const { refresh } = await spa.obtainTokens({ browser: await scene.browser() })
      await rotate(spa, refresh, witness)
      const again = await spa.refresh(refresh)
      if (again.status !== 200) return witness.notApplicable(NO_WINDOW)
      witness.sees(
        'the successor works',
        (await spa.refresh(again.body.refresh_token)).status === 200,
      )
    },
  },
  {
    row: 'B5',
    title: 'a scope that was not granted is refused, and the token is not spent by asking',
    async run(scene, witness) {
      const { spa, target } = scene
      const { refresh } = await spa.obtainTokens({ browser: await scene.browser() })
      for (const scope of [`${target.scopes.part} ${target.scopes.beyond}`, 'bogus']) {
        witness.refused(scope, await spa.refresh(refresh, { scope }), 'invalid_scope')
      }
      await rotate(spa, refresh, witness)
    },
  },
  {
    row: 'B5',
    title: 'so is an API that was not granted',
    async run(scene, witness) {
      const { spa } = scene
      for (const resource of ['https://unknown.example', 'x']) {
        const { refresh } = await spa.obtainTokens({ browser: await scene.browser() })
        witness.refused(resource, await spa.refresh(refresh, { resource }), 'invalid_target')
      }
    },
  },
  {
    row: 'B6',
    title: 'another app cannot use it, spend it or end it',
    async run(scene, witness) {
      const { spa, web, other, native } = scene
      const { refresh } = await spa.obtainTokens({ browser: await scene.browser() })
      for (const thief of [web, other, native]) {
        witness.refused(thief.client.id, await thief.refresh(refresh), 'invalid_grant')
      }
      await other.revoke(refresh)
      const { refresh: successor } = await rotate(spa, refresh, witness)
      witness.refused('a spent one', await other.refresh(refresh), 'invalid_grant')
      const { status } = await spa.refresh(successor)
      witness.sees('its own app goes on', status === 200, `${status}`)
    },
  },
  {
    row: 'B7',
    title: `used every ${STEP_DAYS} days, it ends after at most ${MOST_DAYS} days`,
    needs: ['clock'],
    async run(scene, witness) {
      const { spa } = scene
      let { refresh } = await spa.obtainTokens({ browser: await scene.signIn() })
      for (let day = STEP_DAYS; day <= MOST_DAYS; day += STEP_DAYS) {
        scene.advance(STEP_DAYS * DAY_SECONDS)
        const answer = await spa.refresh(refresh)
        if (answer.status !== 200) {
          return witness.refused(`after ${day} days`, answer, 'invalid_grant')
        }
        refresh = answer.body.refresh_token
      }
      witness.sees('it ends', false, `still good after ${MOST_DAYS} days`)
    },
  },
  {
    row: 'B7',
    title: 'a token that nobody uses ends, too',
    needs: ['clock'],
    async run(scene, witness) {
      const { refresh } = await scene.spa.obtainTokens({ browser: await scene.signIn() })
      scene.advance(MOST_DAYS * DAY_SECONDS)
      witness.refused('after a year', await scene.spa.refresh(refresh), 'invalid_grant')
    },
  },
]

async function rotate(app: AppUnderAttack, token: string, witness: Witness) {
  const { status, body, text } = await app.refresh(token)
  witness.given('a good refresh', status === 200, text)
  return { access: String(body.access_token), refresh: String(body.refresh_token) }
}

async function raceRefreshes(scene: Scene, witness: Witness): Promise<void> {
  for (let round = 0; round < RACES; round += 1) {
    const { spa } = scene
    const { refresh } = await spa.obtainTokens({ browser: await scene.browser() })
    const fields = { grant_type: 'refresh_token', refresh_token: refresh }
    const answers = await spa.race(RACERS, fields)
    const answered = answers.filter(({ status }) => status === 200)
    const successors = new Set(answered.map(({ body }) => body.refresh_token))
    const seen = `${answered.length} of ${RACERS} answered, ${successors.size} successors`
    witness.sees(`of ${RACERS} refreshes`, successors.size === 1, seen)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      witness.refused('another', answer, 'invalid_grant')
    }
  }
}
