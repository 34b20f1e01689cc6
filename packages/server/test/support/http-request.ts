// Requests as no browser and no good client would send them: any method, any header, any bytes.

import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'

export interface PlainAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One request through node:http, which sends what fetch refuses to. */
export function sendRequest(
  url: string,
  { body, ...options }: RequestOptions & { body?: string | Buffer } = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    // Without an agent each request has a connection of its own.
    const sent = request(url, { agent: false, ...options }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** `fetch` for a server that is known by another name than its address, as behind a proxy. */
export async function fetchFrom(
  address: string,
  { url, ...init }: RequestInit & { url: string },
): Promise<Response> {
  const { host, pathname, search } = new URL(url)
  const { status, headers, text } = await sendRequest(new URL(pathname + search, address).href, {
    method: init.method ?? 'GET',
    headers: { ...Object.fromEntries(new Headers(init.headers)), host },
    ...(typeof init.body === 'string' && { body: init.body }),
  })
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  )
  return new Response(text === '' ? null : text, { status, headers: fields })
}

/** Sends bytes as they are. @returns everything that came back until the server closed the connection. */
export function sendBytes(
  url: string,
  bytes: string | Buffer,
): Promise<{ text: string; closed: boolean }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const parts: Buffer[] = []
    const finish = (closed: boolean) => {
      clearTimeout(patience)
      socket.destroy()
      resolve({ text: Buffer.concat(parts).toString('latin1'), closed })
    }
    const patience = setTimeout(() => finish(false), PATIENCE_MS)
    socket.on('data', (part: Buffer) => parts.push(part))
    // Whoever is refused in the middle of a request may find the connection reset.
    socket.on('error', (error) => (parts.length > 0 ? finish(true) : reject(error)))
    socket.on('close', () => finish(true))
    socket.write(bytes)
  })
}

const PATIENCE_MS = 5_000
