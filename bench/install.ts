// Fetches the peers the first time: they are a package of their own, so that none of them enters the product.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

export function installPeers(): void {
  if (existsSync(`${FOLDER}node_modules/.package-lock.json`)) return
  process.stderr.write('installing the peers: npm ci in bench/\n')
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`npm ci in ${FOLDER} failed`)
}
