// Attacks on the end of tokens: those given at the moment when their app ends, those that come back when the policy
// changes, and what APIs read about it.

import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { type Answer, getAnswer } from '../../support/test-app.ts'
import { AppUnderAttack } from '../app-under-attack.ts'
import type { Check, Witness } from '../check.ts'
import type { AttackTarget } from '../target.ts'

const ROUNDS = 5
/** For longer than a server keeps an app in memory. */
const STALE_MS = 400
const REFUSED_PAUSE_MS = 40
const LOWERED_SECONDS = 60
/** Past the end of a token of the lowered kind with all allowance for clocks, and well before that of an older one. */
const AFTER_SECONDS = 1800
const FEED_AHEAD = 999_999_999

export const ENDING_CHECKS: readonly Check[] = [
  {
    row: 'B21',
    title: 'a token that was revoked stays void when tokens are shorter by then',
    needs: ['another lifetime', 'clock'],
    async run(scene, witness) {
      const lowered = await startLowered(scene.target)
      const at = (app: AppUnderAttack) => new AppUnderAttack(lowered.target, app.client)
      const { web, machine } = scene
      const { access, refresh } = await web.obtainTokens({ browser: await scene.browser() })
      const ofMachine = (await machine.token({ grant_type: 'client_credentials' })).body
      const tokens = { "a user's": access, "a machine's": String(ofMachine.access_token) }
      const isActive = async (token: string) =>
        (await at(scene.app(scene.target.apps.api)).introspect(token)).body.active
      for (const [whose, token] of Object.entries(tokens)) {
        witness.given(`${whose} token`, (await isActive(token)) === true)
      }
      await at(web).revoke(refresh)
      await at(machine).revoke(tokens["a machine's"])
      for (const seconds of [0, AFTER_SECONDS]) {
        scene.advance(seconds)
        await scene.target.cleanUp?.()
        for (const [whose, token] of Object.entries(tokens)) {
          const active = await isActive(token)
          witness.sees(`${whose} token, ${seconds} s later`, active !== true, `active ${active}`)
        }
      }
      await lowered.stop()
    },
  },
  {
    row: 'B22',
    title: 'an app that fetches tokens while it is ended has none that live',
    needs: ['end of an app', 'clock'],
    async run(scene, witness) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const id = `ended-${round}`
        const app = await scene.register({ id, kind: 'machine', redirectUri: '' })
        const tokens = await fetchWhile(app, async () => {
          await scene.target.disable?.(id)
          // Those who count in whole seconds may take what comes in the next one for new.
          scene.advance(1)
          await setTimeout(STALE_MS)
        })
        witness.given('it had tokens', tokens.length > 0)
        const live = await Promise.all(tokens.map((token) => scene.isActive(token)))
        const count = live.filter((active) => active).length
        witness.sees(
          'live tokens',
          count === 0,
          `${count} of them live`.replace(/^0 of them/, 'none'),
        )
        witness.refused('asking again', await askForToken(app), 'invalid_client')
      }
    },
  },
  {
    row: 'B23',
    title: 'a reader who is ahead of the feed of revocations is told so',
    needs: ['feed of revocations'],
    async run({ target }, witness) {
      const first = await readFeed(target, 0)
      const { body } = await readFeed(target, FEED_AHEAD)
      witness.sees('which feed it is', isText(body.epoch) && body.epoch === first.body.epoch)
      const isBelow = body.sequence < FEED_AHEAD && body.last_sequence < FEED_AHEAD
      witness.sees('the last number', isBelow, `number ${isBelow ? 'below' : 'as asked'}`)
    },
  },
  {
    row: 'B23',
    title: 'the feed of revocations names nobody',
    needs: ['feed of revocations', 'end of an app'],
    async run(scene, witness) {
      const { target, web } = scene
      const app = await scene.register({ id: 'named', kind: 'machine', redirectUri: '' })
      const { body } = await askForToken(app)
      const tokens = await web.obtainTokens({
        browser: await scene.signIn(target.users.attacker),
        user: target.users.attacker,
      })
      const { sequence: before } = (await readFeed(target, FEED_AHEAD)).body
      await target.disable?.('named')
      await web.revoke(tokens.refresh)
      const { body: feed } = await readFeed(target, before)
      const { revocations } = feed as { revocations: readonly object[] }
      witness.given('there are lines', revocations.length > 1)
      witness.given('the app had a token', typeof body.access_token === 'string')
      const told = new Set(revocations.flatMap((line) => Object.values(line)))
      const { sub } = decodeJwt(tokens.identity)
      for (const known of ['named', web.client.id, sub ?? '', target.users.attacker]) {
        const names = ['client', 'user', 'grant', 'sub'].map((kind) => `${kind}:${known}`)
        const isNamed = [known, ...names].flatMap(spellingsOf).some((each) => told.has(each))
        witness.sees('who is known', !isNamed, isNamed ? `${known} is named` : 'named nowhere')
      }
    },
  },
  {
    row: 'B17',
    title: 'what a JWT does not say once, it says for minutes at most',
    needs: ['JWTs of others'],
    async run({ target: { presentJwt } }, witness) {
      if (!presentJwt) throw new Error('this check has to name JWTs as a need')
      const good = { livesSeconds: 60, jti: 'once-1' }
      const first = await presentJwt(good)
      witness.given('a good one', first.status === 200, first.text)
      refusesJwt('the same again', await presentJwt(good), witness)
      for (const livesSeconds of [3600, 86_400, 10 * 365 * 86_400]) {
        refusesJwt(`for ${livesSeconds} s`, await presentJwt({ livesSeconds }), witness)
      }
      refusesJwt('without an end', await presentJwt({}), witness)
      refusesJwt('without an end, once', await presentJwt({ jti: 'once-2' }), witness)
      refusesJwt('after its end', await presentJwt({ livesSeconds: -61 }), witness)
    },
  },
]

/** As two callers who do not wait. @returns every token that was given until then */
async function fetchWhile(app: AppUnderAttack, act: () => Promise<void>): Promise<string[]> {
  const tokens: string[] = []
  let isOver = false
  const { endpoints, secondTokenEndpoint = endpoints.token } = app.target
  const callers = [endpoints.token, secondTokenEndpoint].map(async (url) => {
    while (!isOver) {
      const { status, body } = await app.post(url, { grant_type: 'client_credentials' })
      if (status === 200) tokens.push(body.access_token)
      // Seldom enough not to be taken for somebody who guesses.
      else await setTimeout(REFUSED_PAUSE_MS)
    }
  })
  while (tokens.length < 2) await setTimeout(1)
  await act()
  isOver = true
  await Promise.all(callers)
  return tokens
}

function askForToken(app: AppUnderAttack): Promise<Answer> {
  return app.token({ grant_type: 'client_credentials' })
}

async function startLowered(target: AttackTarget) {
  const started = await target.startWithLifetime?.(LOWERED_SECONDS)
  if (!started) throw new Error('this check has to name another lifetime as a need')
  const endpoints = { ...target.endpoints, ...started.endpoints }
  return { target: { ...target, endpoints }, stop: started.stop }
}

function readFeed({ revocationFeed = '' }: AttackTarget, after: number): Promise<Answer> {
  return getAnswer(`${revocationFeed}?after=${after}`)
}

/** A text as it is, and the digests that anybody could make of it. */
function spellingsOf(text: string): string[] {
  const digests = (['hex', 'base64url', 'base64'] as const).map((encoding) =>
    createHash('sha256').update(text).digest(encoding),
  )
  return [text, ...digests]
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function refusesJwt(what: string, { status, text }: Answer, witness: Witness): void {
  const isRefused = [400, 401].includes(status) && !text.includes('token"')
  witness.sees(what, isRefused, `${status}`)
}
