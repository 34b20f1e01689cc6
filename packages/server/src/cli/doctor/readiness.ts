// Asks the server of this machine how it is, as a proxy would: it knows of troubles that nobody sees from outside.

import type { Config } from '../../config/load.ts'
import { reasonOf } from '../failure.ts'
import { type Finding, well, wrong } from './finding.ts'

const TIMEOUT_MS = 5_000
const SUBJECT = 'Readiness'

/** Nothing where no management port is set: the main one may be that of any program. */
export async function checkReadiness({ management }: Config): Promise<readonly Finding[]> {
  const { host, port } = management
  if (!port) return []
  const url = `http://${reachable(host)}:${port}/readyz`
  let response: Response
  try {
    response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (error) {
    if (isRefused(error)) return [well(SUBJECT, `no server runs here: nothing answers at ${url}`)]
    const fix = 'look into the log of the server, and at what else has the port'
    return [wrong(SUBJECT, `${url} cannot be read: ${reasonOf(error)}`, fix)]
  }
  return [describe(url, response.status, await readStatus(response))]
}

function describe(url: string, code: number, status: string | undefined): Finding {
  const said = `${url} says ${code} ${status ?? 'and nothing that Ostiary would say'}`
  if (code === 200 && status === 'ok') return well(SUBJECT, said)
  if (status === 'stopping') {
    return wrong(SUBJECT, said, 'wait until it has ended, and start it again if nothing else does')
  }
  if (status === 'unavailable') {
    return wrong(SUBJECT, said, 'look for "not ready" in its log, which says why')
  }
  const fix = 'end the program that has the port, or choose another one with management.port'
  return wrong(SUBJECT, said, fix)
}

async function readStatus(response: Response): Promise<string | undefined> {
  const answer: unknown = await response.json().catch(() => undefined)
  const hasStatus = typeof answer === 'object' && answer !== null && 'status' in answer
  return hasStatus && typeof answer.status === 'string' ? answer.status : undefined
}

/** An address to listen on that means all of them is none to ask at. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}
