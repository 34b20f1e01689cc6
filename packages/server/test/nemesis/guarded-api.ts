// APIs that follow the feed of revocations, as callers see them: what they let in stands in the history as what
// introspection says does.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BARE_ENVIRONMENT } from '../support/bare-environment.ts'
import { findFreePort } from '../support/free-port.ts'
import type { Act } from './acts.ts'
import type { Caller, Held } from './caller.ts'
import type { Place } from './place.ts'
import { outcomeOf } from './recorder.ts'

const MAIN = fileURLToPath(new URL('./api-process.ts', import.meta.url))
const ISSUER_AWAY_MS = 100

export interface GuardedApi {
  readonly url: string
  close(): Promise<void>
}

export async function startApi(
  { deployment }: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<GuardedApi> {
  const port = await findFreePort()
  const child = spawn(process.execPath, [MAIN, deployment.issuer, String(port)], {
    env: { ...BARE_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const ready = once(child.stdout, 'data')
  await Promise.race([ready, exited.then(() => Promise.reject(new Error('the API did not start')))])
  return {
    url: `http://localhost:${port}`,
    async close() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** What callers do with an access token beside asking about it: use it. */
export function useAt(apis: readonly GuardedApi[]): Act {
  return {
    name: 'use',
    weight: 10,
    async run(caller) {
      const { held, random } = caller
      if (held.length === 0) return
      await use(caller, random.pick(random.pick(held).accessTokens), random.pick(apis))
    },
  }
}

/** Everything that they were ever given, at every API. */
export async function useAll(
  callers: readonly Caller[],
  apis: readonly GuardedApi[],
): Promise<void> {
  const tokensOf = ({ accessTokens }: Held) => accessTokens
  await Promise.all(
    callers.map(async (caller) => {
      for (const token of caller.held.flatMap(tokensOf)) {
        for (const api of apis) await use(caller, token, api)
      }
    }),
  )
}

async function use(caller: Caller, token: string, { url }: GuardedApi): Promise<void> {
  const intent = { server: url, operation: 'introspect' as const, uses: token }
  const { outcome } = await caller.record(intent, async () => {
    const { status } = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    return { outcome: outcomeOf(status), status }
  })
  // To ask again at once would only keep the machine from starting the issuer.
  if (outcome === 'unknown') await delay(ISSUER_AWAY_MS)
}
