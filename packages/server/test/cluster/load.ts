// A steady load, so many requests a second whether they are answered or not, and what came of it.

import { setTimeout as delay } from 'node:timers/promises'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE } from '../support/world.ts'

const TICK_MS = 20

export interface Load {
  /** Lets what is under way finish. @returns how many requests there were, and those that failed */
  stop(): Promise<{ readonly requests: number; readonly failures: readonly string[] }>
}

/** Tokens, introspections and key sets in turn, as apps and APIs ask for them. */
export async function startLoad(issuer: string, requestsPerSecond: number): Promise<Load> {
  const machine = new TestApp({ issuer }, MACHINE)
  const api = new TestApp({ issuer }, API_SERVER)
  const newToken = () => machine.token({ grant_type: 'client_credentials' })
  let token: string = (await newToken()).body.access_token
  const calls = [
    async () => {
      const { status, body } = await newToken()
      if (status === 200) token = body.access_token
      return status === 200 ? undefined : `token: ${status}`
    },
    async () => {
      const { status, body } = await api.introspect(token)
      return body?.active ? undefined : `introspect: ${status}`
    },
    async () => {
      const { status } = await getAnswer(`${issuer}/jwks`)
      return status === 200 ? undefined : `jwks: ${status}`
    },
  ]
  const failures: string[] = []
  const underWay: Promise<void>[] = []
  let stopped = false

  async function send(call: () => Promise<string | undefined>): Promise<void> {
    const failure = await call().catch((error: unknown) => String(error))
    if (failure !== undefined) failures.push(failure)
  }

  async function run(): Promise<void> {
    let owed = 0
    while (!stopped) {
      owed += (requestsPerSecond * TICK_MS) / 1000
      for (; owed >= 1; owed -= 1) {
        const call = calls[underWay.length % calls.length]
        if (call) underWay.push(send(call))
      }
      await delay(TICK_MS)
    }
  }

  const running = run()
  return {
    async stop() {
      stopped = true
      await running
      await Promise.all(underWay)
      return { requests: underWay.length, failures }
    },
  }
}
