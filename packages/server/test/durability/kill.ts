// Kills the server in the middle of work and looks whether anything it had acknowledged is gone (security.md, R1).

import { TestBrowser } from '../support/browser.ts'
import { type Deployment, startProcess } from '../support/server-process.ts'
import { TestApp, type TokenSet } from '../support/test-app.ts'
import { MACHINE, WEB_APP } from '../support/world.ts'

const WORKERS = 16

/** What one worker was told: every access token, and the refresh token that it would use next. */
interface Acknowledged {
  readonly accessTokens: string[]
  refreshToken: string | undefined
}

export interface KillReport {
  readonly acknowledged: number
  /** Access tokens that were answered with 200 and are unknown after the restart. */
  readonly lost: readonly string[]
  /** Refresh tokens that were answered with 200 and refresh nothing any more. */
  readonly loggedOut: number
}

/**
 * One round: 16 workers exchange and refresh until the process is killed, then it starts again and is asked about
 * every token. The deployment must use opaque access tokens: a JWT would be active without any record of it.
 */
export async function runKillRound(
  deployment: Deployment,
  killAfterTokens: number,
): Promise<KillReport> {
  const victim = await startProcess(deployment)
  const browser = new TestBrowser()
  const app = new TestApp(deployment, WEB_APP)
  await app.obtainCode({ browser })
  const stopped = new AbortController()
  const enough = Promise.withResolvers<void>()
  let acknowledged = 0
  const onToken = () => {
    acknowledged += 1
    if (acknowledged === killAfterTokens) enough.resolve()
  }
  const work = Array.from({ length: WORKERS }, (_, worker) =>
    runWorker(app, { worker, browser, stopped: stopped.signal, onToken }),
  )
  await enough.promise
  await victim.kill()
  stopped.abort()
  const told = await Promise.all(work)

  const survivor = await startProcess(deployment)
  try {
    return await inspect(app, told)
  } finally {
    await survivor.stop()
  }
}

async function runWorker(
  app: TestApp,
  input: { worker: number; browser: TestBrowser; stopped: AbortSignal; onToken: () => void },
): Promise<Acknowledged> {
  const { worker, browser, stopped, onToken } = input
  const told: Acknowledged = { accessTokens: [], refreshToken: undefined }
  const machine = new TestApp(app.server, MACHINE)
  try {
    for (let step = worker; !stopped.aborted; step += 1) {
      if (step % 4 === 0) {
        const answer = await machine.token({ grant_type: 'client_credentials' })
        if (answer.status !== 200) continue
        told.accessTokens.push(answer.body.access_token)
      } else if (told.refreshToken === undefined) {
        note(told, await exchange(app, browser))
      } else {
        const answer = await app.refresh(told.refreshToken)
        if (answer.status !== 200) continue
        note(told, answer.body)
      }
      onToken()
    }
  } catch {
    // The connection broke: that is the kill.
  }
  return told
}

async function exchange(app: TestApp, browser: TestBrowser): Promise<TokenSet> {
  const { code, verifier } = await app.obtainCode({ browser })
  const answer = await app.redeem(code, verifier)
  if (answer.status !== 200) throw new Error(`code refused: ${answer.text}`)
  return answer.body
}

function note(told: Acknowledged, tokens: TokenSet): void {
  told.accessTokens.push(tokens.access_token)
  told.refreshToken = tokens.refresh_token
}

async function inspect(app: TestApp, told: readonly Acknowledged[]): Promise<KillReport> {
  const machine = new TestApp(app.server, MACHINE)
  const accessTokens = told.flatMap((worker) => worker.accessTokens)
  const lost: string[] = []
  for (const token of accessTokens) {
    const own = await app.introspect(token)
    const active = own.body.active || (await machine.introspect(token)).body.active
    if (!active) lost.push(token)
  }
  let loggedOut = 0
  for (const { refreshToken } of told) {
    // Answered or not when the power went: the app still holds this token, and it must still work.
    if (refreshToken !== undefined && (await app.refresh(refreshToken)).status !== 200)
      loggedOut += 1
  }
  return { acknowledged: accessTokens.length, lost, loggedOut }
}
