// `npm run fuzz -- --requests 1000000 --seed 1`: fuzz.test.ts with more requests than a commit has time for.
// `--only sqlite` or `--only standard` runs a part of it. A failure names the seed with which it happens again.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
  },
})
for (const [name, text] of Object.entries({ requests: values.requests, seed: values.seed })) {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name} takes a whole number from 1 on`)
}
console.log(`${values.requests} requests, seed ${values.seed}`)

const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
const child = spawn(
  process.execPath,
  [vitest, 'run', '--project', 'fuzz', '--testNamePattern', values.only, 'fuzz/fuzz.test'],
  {
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, FUZZ_REQUESTS: values.requests, FUZZ_SEED: values.seed },
  },
)
const [code] = await once(child, 'exit')
process.exitCode = code ?? 1
