// Reads what strace wrote: which bytes went into which file, what was flushed when, and what was sent.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** In the order in which they were completed. */
export type TraceEvent =
  | {
      readonly kind: 'write'
      readonly path: string
      readonly offset: number
      readonly data: Buffer
    }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'flush'; readonly path: string; readonly atSeconds: number }
  | { readonly kind: 'send'; readonly data: Buffer }

/** Runs a command so that what it writes and flushes stands in the file; the process is the command itself (`-D`). */
export function strace(output: string): readonly string[] {
  const calls = 'pwrite64,write,writev,sendto,sendmsg,ftruncate,fdatasync,fsync'
  return [
    ...['strace', '-D', '-f', '--seccomp-bpf', '-ttt', '-y', '-xx', '-s', '1000000'],
    ...['-e', `trace=${calls}`, '-e', 'signal=none', '-o', output],
  ]
}

/** @returns why nothing can be traced here */
export async function whyNoTrace(): Promise<string | undefined> {
  try {
    await run('strace', ['-f', '-o', '/dev/null', 'true'])
    return undefined
  } catch {
    return 'strace is missing or not allowed'
  }
}

export function* readTrace(text: string): Generator<TraceEvent> {
  /** Calls that were interrupted by those of other threads: thread -> their beginning. */
  const begun = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    if (rest.endsWith(UNFINISHED)) {
      begun.set(thread, rest.slice(0, -UNFINISHED.length))
      continue
    }
    const [, end] = /^[\d.]+ <\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? []
    const call = end === undefined ? rest : `${begun.get(thread) ?? ''}${end}`
    const event = readCall(call, Number(/^[\d.]+/.exec(rest)?.[0]))
    if (event !== undefined) yield event
  }
}

const UNFINISHED = ' <unfinished ...>'

function readCall(call: string, atSeconds: number): TraceEvent | undefined {
  const match = /^[\d.]+ (\w+)\(\d+<([^>]*)>(.*)\)\s+= (\d+)/.exec(call)
  if (match === null) return undefined
  const [, name = '', encodedPath = '', words = '', result = ''] = match
  const path = decode(encodedPath).toString()
  if (name === 'fdatasync' || name === 'fsync') return { kind: 'flush', path, atSeconds }
  if (name === 'ftruncate') {
    return { kind: 'truncate', path, size: Number(words.replace(/^, /, '')) }
  }
  const data = Buffer.concat(
    [...words.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text = '']) => decode(text)),
  )
  if (name !== 'pwrite64') return { kind: 'send', data }
  const offset = Number(/, (\d+)$/.exec(words)?.[1])
  return { kind: 'write', path, offset, data: data.subarray(0, Number(result)) }
}

/** `-xx` writes all text as `\x2f\x74…`. */
function decode(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex')
}
