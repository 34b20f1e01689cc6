// Requests that may be under way for long, and for which a process need not go on living: without this a script that
// has done its work would wait for the answer to a held request. Only the fetch that Node has by itself tells of its
// sockets; with another one, a process ends when the guard is closed, or a held request after that.

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const quiet = new Set<string>()
let isListening = false

/** For as long as the work takes, requests for this URL keep no process alive. */
export async function withoutKeepingAlive<Result>(
  url: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isListening) subscribe('undici:client:sendHeaders', letGo)
  isListening = true
  quiet.add(url)
  try {
    return await work()
  } finally {
    quiet.delete(url)
  }
}

function letGo(message: unknown): void {
  const { request, socket } = message as {
    readonly request: { readonly origin: unknown; readonly path: string }
    readonly socket: Partial<Pick<Socket, 'unref'>>
  }
  if (quiet.has(String(request.origin) + request.path)) socket.unref?.()
}
