// Attacks that fill what others have to hold.

import { setTimeout } from 'node:timers/promises'
import type { Answer } from '../../support/test-app.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'

/** A server that gives an app more than that within a moment has no limit that would help its APIs. */
const MOST_LINES = 1500
const AT_ONCE = 16
const LONGEST_WAIT_SECONDS = 1800

export const LOAD_CHECKS: readonly Check[] = [
  {
    row: 'E20',
    title: 'an app that revokes tokens of its own without end is told to wait, and nobody else is',
    needs: ['feed of revocations', 'rate limits', 'clock'],
    async run(scene, witness) {
      const refusal = await revokeUntilRefused(scene)
      if (refusal === undefined) {
        witness.sees('it is told to wait', false, `not after ${MOST_LINES} tokens`)
        return
      }
      const { answer, token } = refusal
      const seconds = Number(answer.headers.get('retry-after'))
      const isLimit = answer.status === 429 && seconds > 0 && seconds <= LONGEST_WAIT_SECONDS
      witness.sees('it is told to wait', isLimit, `${answer.status}, ${seconds} seconds`)
      witness.sees('what was refused has not ended', await scene.isActive(token))
      const { access, refresh } = await scene.web.obtainTokens({ browser: await scene.browser() })
      await scene.web.revoke(refresh)
      witness.sees('what a user allowed ends', !(await scene.isActive(access)))
      scene.advance(seconds)
      await scene.machine.revoke(token)
      witness.sees('after the wait it ends', !(await scene.isActive(token)))
    },
  },
  {
    row: 'E21',
    title: 'of requests that wait for news a stranger gets few, and everybody else is served',
    needs: ['feed of revocations'],
    async run(scene, witness) {
      const hangUp = new AbortController()
      let answered = 0
      const url = await urlWithoutNews(String(scene.target.revocationFeed))
      const held = Array.from({ length: MOST_HELD * 2 }, async () => {
        const answer = await fetch(url, { signal: hangUp.signal })
        await answer.arrayBuffer()
        answered += 1
      })
      try {
        // With all of them held, no answer would ever come.
        await Promise.race([Promise.allSettled(held), untilTrue(() => answered >= MOST_HELD)])
        witness.sees('more than so many are answered at once', answered >= MOST_HELD, `${answered}`)
        const { status } = await scene.machine.token({ grant_type: 'client_credentials' })
        witness.sees('an app gets its token', status === 200, `${status}`)
      } finally {
        hangUp.abort()
        await Promise.allSettled(held)
      }
    },
  },
]

/** Of one source; each of them holds a connection. */
const MOST_HELD = 40
const PATIENCE_MS = 10_000

/** Asks for what comes after all that there is. */
async function urlWithoutNews(feed: string): Promise<string> {
  const { last_sequence: last } = (await (await fetch(`${feed}?after=0`)).json()) as {
    readonly last_sequence: number
  }
  return `${feed}?after=${last}&wait=25`
}

async function untilTrue(isTrue: () => boolean): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  while (!isTrue() && Date.now() < until) await setTimeout(20)
}

interface Refusal {
  readonly token: string
  readonly answer: Answer
}

/** Several at once, each token by the next caller that is free. */
async function revokeUntilRefused({ machine }: Scene): Promise<Refusal | undefined> {
  let refusal: Refusal | undefined
  let begun = 0
  const caller = async () => {
    while (refusal === undefined && begun++ < MOST_LINES) {
      const { body } = await machine.token({ grant_type: 'client_credentials' })
      const token = String(body.access_token)
      const answer = await machine.revoke(token)
      // A server that is busy with others says nothing of a limit.
      if (answer.status !== 200 && answer.status !== 503) refusal ??= { token, answer }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
  return refusal
}
