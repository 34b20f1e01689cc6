// More requests than a server can do: callers who come back at once when they are served, and soon when they are turned
// away. What they see is measured.

import { setTimeout as delay } from 'node:timers/promises'

/** What came back, as far as it matters here. */
export interface Outcome {
  readonly status: number
  /** RFC 9110 §10.2.3: when to come again. */
  readonly saysWhen: boolean
  readonly text: string
}

export interface Load {
  readonly callers: number
  readonly milliseconds: number
  /** Between being turned away and the next try. */
  readonly pauseMs: number
  ask(caller: number): Promise<Outcome>
}

export interface Seen {
  /** Requests that were served, and all that were made, per second. */
  readonly served: number
  readonly offered: number
  /** 99 of 100 were turned away within that time. */
  readonly refusedWithinMs: number
  /** Answers that were neither good nor a polite refusal. */
  readonly odd: readonly string[]
}

export async function offer({ callers, milliseconds, pauseMs, ask }: Load): Promise<Seen> {
  const endMs = performance.now() + milliseconds
  const refusals: number[] = []
  const odd: string[] = []
  let served = 0
  let offered = 0
  /** @returns whether it was served */
  const count = (answer: Outcome | string, milliseconds: number): boolean => {
    offered += 1
    if (typeof answer === 'string') odd.push(answer)
    else if (answer.status === 200) {
      served += 1
      return true
    } else if (isPolite(answer)) refusals.push(milliseconds)
    else odd.push(`${answer.status} ${answer.text.slice(0, 100)}`)
    return false
  }
  const loop = async (caller: number) => {
    while (performance.now() < endMs) {
      const askedMs = performance.now()
      const answer = await ask(caller).catch(String)
      const now = performance.now()
      // Who is answered later is not of this load, nor is the time that others stay away after it.
      if (now > endMs) return
      if (!count(answer, now - askedMs)) await delay(pauseMs * (0.5 + (caller % 10) / 10))
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)))
  const seconds = milliseconds / 1000
  const sorted = refusals.toSorted((a, b) => a - b)
  return {
    served: served / seconds,
    offered: offered / seconds,
    refusedWithinMs: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    odd: [...new Set(odd)],
  }
}

function isPolite({ status, saysWhen }: Outcome): boolean {
  return (status === 503 || status === 429) && saysWhen
}
