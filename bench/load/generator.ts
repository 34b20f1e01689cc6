// The process that makes the load. It is told by its parent what to do, one thing at a time, and stays for the whole run:
// a generator that has just started would be slower than later on.

import { OPERATIONS } from '../operations/index.ts'
import type { OperationName } from '../operations/operation.ts'
import { Bench, type Measurement, type Processes } from './measure.ts'
import type { Target } from './target.ts'

export type Command =
  | {
      readonly kind: 'open'
      /** By which the bench is called from now on. */
      readonly key: string
      readonly operation: OperationName
      readonly target: Target
      readonly processes: Processes
      readonly connections: number
    }
  | ({ readonly kind: 'measure'; readonly key: string } & Measurement)
  | { readonly kind: 'close'; readonly key: string }

const benches = new Map<string, Bench>()

process.on('message', async (command: Command) => {
  try {
    process.send?.({ result: await obey(command) })
  } catch (error) {
    process.send?.({ failure: error instanceof Error ? error.message : String(error) })
  }
})

async function obey(command: Command): Promise<unknown> {
  if (command.kind === 'open') {
    const bench = await Bench.open(OPERATIONS[command.operation], command)
    benches.set(command.key, bench)
    return null
  }
  const bench = benches.get(command.key)
  if (!bench) throw new Error(`no bench is called ${command.key}`)
  if (command.kind === 'measure') return bench.measure(command)
  bench.close()
  benches.delete(command.key)
  return null
}
