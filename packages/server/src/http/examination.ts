// Tells `ostiary doctor`, and nobody else, how its request arrived: through which proxy, for which host, at which path.
// Question and answer are sealed under the master key, so that no stranger learns what is in front of the server.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rawPath } from './read.ts'

/** What question and answer are sealed for. */
export const DOCTOR_PURPOSE = 'examinations by doctor'
export const EXAMINATION_HEADER = 'x-ostiary-doctor'
const LONGEST = 512
/** So old a question is no question any more, but a copy of one. */
const MAX_AGE_SECONDS = 60

/** Both ends have one of the same master key. */
export interface Examiner {
  open(sealed: string): string | undefined
  seal(plain: string): string
}

/** How a request arrived. */
export interface Arrival {
  readonly address: string
  /** Whether a proxy that is not trusted has passed it on. */
  readonly claimsProxy: boolean
  readonly host: string
  readonly path: string
  /** What a trusted proxy says; undefined when none says anything. */
  readonly protocol?: string | undefined
}

export function questionOf(examiner: Examiner, nowSeconds: number): string {
  return examiner.seal(JSON.stringify({ askedAtSeconds: nowSeconds }))
}

/** @returns undefined when the answer is not there, or is not one of this master key */
export function readArrival(examiner: Examiner, answer: string | null): Arrival | undefined {
  const opened = answer === null ? undefined : examiner.open(answer)
  return opened === undefined ? undefined : JSON.parse(opened)
}

export function answerExaminations(
  server: FastifyInstance,
  { examiner, clock }: { examiner: Examiner; clock: { nowSeconds(): number } },
): void {
  server.addHook('onRequest', (request, reply, next) => {
    const question = request.headers[EXAMINATION_HEADER]
    if (typeof question === 'string' && isQuestion(question, examiner, clock.nowSeconds())) {
      reply.header(EXAMINATION_HEADER, examiner.seal(JSON.stringify(arrivalOf(request))))
    }
    next()
  })
}

function isQuestion(sealed: string, examiner: Examiner, nowSeconds: number): boolean {
  const opened = sealed.length > LONGEST ? undefined : examiner.open(sealed)
  if (opened === undefined) return false
  const { askedAtSeconds } = JSON.parse(opened) as { askedAtSeconds: unknown }
  return (
    typeof askedAtSeconds === 'number' && Math.abs(nowSeconds - askedAtSeconds) <= MAX_AGE_SECONDS
  )
}

function arrivalOf(request: FastifyRequest): Arrival {
  const { address, claimsProxy, protocol } = request.caller
  const { host = '' } = request.headers
  return { address, claimsProxy, protocol, host, path: rawPath(request) }
}
