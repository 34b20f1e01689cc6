// Side-by-side benchmarks: `npm run bench`, or `node bench/run.ts --help`.

import { installPeers } from './install.ts'
import { type Options, readOptions, USAGE } from './options.ts'

process.exitCode = await run(process.argv.slice(2))

/** @returns the exit code */
async function run(args: readonly string[]): Promise<number> {
  const options = readOrExplain(args)
  if (options === undefined) return 2
  if (options === 'help') return 0
  installPeers()
  switch (options.mode) {
    case 'full':
      return (await import('./modes/full.ts')).runFully(options)
    case 'quick':
      return (await import('./modes/quick.ts')).runQuickly(options)
    case 'growth':
      return (await import('./modes/growth.ts')).runGrowth(options)
  }
}

function readOrExplain(args: readonly string[]): Options | 'help' | undefined {
  try {
    const options = readOptions(args)
    if (options === 'help') process.stdout.write(USAGE)
    return options
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    return undefined
  }
}
