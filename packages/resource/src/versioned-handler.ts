// Versions for anything that speaks fetch.

import type { Guard } from './guard.ts'
import { toResponse } from './refusal.ts'
import { writeVersionHeaders } from './version-gate.ts'

export type VersionedHandler = (
  request: Request,
  /** The version that it is to be served. */
  apiVersion: string,
) => Response | Promise<Response>

/** Hands each request on with its version: `export const handle = versioned(guard, async (request, apiVersion) => …)`. */
export function versioned(guard: Guard, handler: VersionedHandler) {
  return async (request: Request): Promise<Response> => {
    const requested = request.headers.get(guard.versions.header) ?? undefined
    const verdict = await guard.versions.choose(requested, request)
    const answer = verdict.ok
      ? await handler(request, verdict.version)
      : toResponse(verdict.refusal)
    // The headers of an answer that was fetched from elsewhere cannot be changed; those of a copy can.
    const response = new Response(answer.body, answer)
    writeVersionHeaders(verdict, response.headers)
    return response
  }
}
