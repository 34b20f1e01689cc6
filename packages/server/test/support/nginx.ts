// A real nginx with a configuration of the guides, where the machine has one. What is different from a guide is only what
// no machine but theirs has: addresses, and certificates.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface Nginx {
  stop(): Promise<void>
}

/** undefined where none is installed. */
export function findNginx(): string | undefined {
  for (const path of ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx']) {
    try {
      execFileSync(path, ['-v'], { stdio: 'ignore' })
      return path
    } catch {
      // The next place.
    }
  }
  return undefined
}

/** @param upstream stands in for every server that the configuration names */
export async function startNginx(
  program: string,
  configuration: string,
  { port, upstream }: { readonly port: number; readonly upstream: string },
): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-nginx-'))
  const here = configuration
    .replace(/listen 443 ssl;/g, `listen 127.0.0.1:${port};`)
    .replace(/server \d[\d.]*:\d+( [^;]*)?;/g, `server ${new URL(upstream).host};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ')
  const file = join(folder, 'nginx.conf')
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; ${temporary}\n${here}}\n`,
  )
  const child = spawn(program, ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (part) => {
    said += part
  })
  try {
    await untilItListens(child, port)
  } catch (error) {
    throw new Error(`nginx did not start: ${said}`, { cause: error })
  }
  return {
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(folder, { recursive: true })
    },
  }
}

async function untilItListens(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (isOpen) return
    await wait(100)
  }
  throw new Error('nobody listens')
}
