// Starts a server as a process of its own, as its operator would: no shared memory, no shared event loop.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { residentMegabytes } from '../measure/process-tree.ts'

const START_TIMEOUT_MS = 120_000
const SETTLE_MS = 500
const STOP_TIMEOUT_MS = 30_000

export interface ServerCommand {
  readonly folder: string
  /** Arguments to node. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Answered with 200 as soon as the server is ready. */
  readonly readyUrl: string
}

export interface ServerProcess {
  readonly pid: number
  readonly idleMegabytes: number
  stop(): Promise<void>
}

export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const log = openSync(join(command.folder, 'server.log'), 'a')
  const child = spawn(process.execPath, [...command.args], {
    cwd: command.folder,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...command.env },
    stdio: ['ignore', log, log],
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`cannot start ${command.args.join(' ')}`)
  await waitUntilReady(child, command)
  await delay(SETTLE_MS)
  return {
    pid,
    idleMegabytes: residentMegabytes(pid),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

async function waitUntilReady(child: ChildProcess, command: ServerCommand): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline && child.exitCode === null) {
    const ready = await fetch(command.readyUrl).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return
    await delay(50)
  }
  child.kill('SIGKILL')
  throw new Error(
    `${command.args.join(' ')} does not answer: see ${join(command.folder, 'server.log')}`,
  )
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
