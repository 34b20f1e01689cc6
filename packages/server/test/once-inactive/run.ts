// `npm run once-inactive -- --sequences 20000 --seed 7 --store sqlite`: once-inactive.test.ts with more sequences than a
// commit has time for. A failure names the seed and the fewest moves with which it happens again.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    store: { type: 'string', default: '' },
  },
})
for (const [name, text] of Object.entries({ sequences: values.sequences, seed: values.seed })) {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name} takes a whole number from 1 on`)
}
console.log(`${values.sequences} sequences, seed ${values.seed}`)

const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
const child = spawn(
  process.execPath,
  [vitest, 'run', '--project', 'once-inactive', '--testNamePattern', values.store],
  {
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    stdio: 'inherit',
    env: {
      ...process.env,
      ONCE_INACTIVE_SEQUENCES: values.sequences,
      ONCE_INACTIVE_SEED: values.seed,
    },
  },
)
const [code] = await once(child, 'exit')
process.exitCode = code ?? 1
