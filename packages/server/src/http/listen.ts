// Takes a port, or says which setting is to blame.

import type { FastifyInstance } from 'fastify'

/** The message ends with what to do next. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Names of the settings that hold the two. */
export interface ListenSettings {
  readonly host: string
  readonly port: string
}

/** @returns where it listens. @throws ListenError when the address cannot be had */
export async function listenOn(
  server: FastifyInstance,
  { host, port }: ListenAddress,
  settings: ListenSettings,
): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    const remedy = error instanceof Error && 'code' in error ? remedyOf(error.code, settings) : ''
    if (remedy === '') throw error
    throw new ListenError(`${error instanceof Error ? error.message : error}\n→ ${remedy}`, {
      cause: error,
    })
  }
}

function remedyOf(code: unknown, { host, port }: ListenSettings): string {
  if (code === 'EADDRINUSE') return `end the other process, or choose another port with ${port}`
  if (code === 'EACCES')
    return `choose a port from 1024 on with ${port}, or give this user the right to it`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `choose an address of this machine with ${host}`
  }
  return ''
}
