// Measures what the options ask for: the chosen operations of the chosen subjects, and the SDK.

import { LoadGenerator } from '../load/driver.ts'
import { compare, type OperationFigures } from '../measure/compare.ts'
import { describeMachine } from '../measure/machine.ts'
import { withSubjects } from '../measure/running.ts'
import type { OperationName } from '../operations/operation.ts'
import type { Options } from '../options.ts'
import type { Results } from '../report/results.ts'
import type { SdkCosts } from '../sdk/costs.ts'
import { runSdk } from '../sdk/run.ts'
import { chooseSubjects } from '../subjects/index.ts'
import type { RunningSubject } from '../subjects/subject.ts'

export async function measureAll(
  options: Options,
  { paced }: { readonly paced: boolean },
): Promise<Results> {
  const { seconds, rounds, connections, folder } = options
  const machine = describeMachine(folder)
  const subjects = chooseSubjects(options.subjects)
  return withSubjects(subjects, folder, async (running) => {
    const load = new LoadGenerator()
    try {
      const operations: Partial<Record<OperationName, OperationFigures>> = {}
      const comparison = { subjects: running, load, seconds, rounds, connections, paced, say }
      for (const name of options.operations) operations[name] = await compare(name, comparison)
      const sdk = await measureSdkOf(running.get('ostiary-sqlite'), options)
      return {
        machine,
        method: { seconds, rounds, connections },
        idleMegabytes: Object.fromEntries(
          [...running].map(([name, { idleMegabytes }]) => [name, idleMegabytes]),
        ),
        operations,
        ...(sdk && { sdk }),
      }
    } finally {
      load.stop()
    }
  })
}

async function measureSdkOf(
  subject: RunningSubject | undefined,
  { withSdk, rounds }: Options,
): Promise<SdkCosts | undefined> {
  if (!withSdk || !subject) return undefined
  const sdk = await runSdk(subject, rounds)
  for (const [name, cost] of Object.entries(sdk)) {
    say(`sdk ${name.padEnd(22)} ${cost.toFixed(2).padStart(9)} µs`)
  }
  return sdk
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
