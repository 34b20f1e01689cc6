// Lets every mutant live for one run of the tests that should kill it. Before that, each of those test commands must be
// green without any mutant: a test that fails anyway kills nothing.

import { applyMutant, lineOfCommand, type Mutant, type TestCommand } from './mutant.ts'
import { runTests, type TestOutcome } from './run-tests.ts'
import { copySources, type SourceCopy } from './source-copy.ts'

export interface Verdict {
  readonly mutant: Mutant
  readonly fate: 'killed' | 'SURVIVED' | 'stale' | 'broken'
  /** The test that noticed, or what is wrong. */
  readonly detail: string
  readonly seconds: number
}

export interface Hunt {
  readonly checkout: string
  /** How many at the same time. */
  readonly jobs: number
  readonly onProof: (command: string, proof: { result: TestOutcome; seconds: number }) => void
  readonly onVerdict: (verdict: Verdict) => void
}

export async function huntMutants(
  mutants: readonly Mutant[],
  hunt: Hunt,
): Promise<readonly Verdict[]> {
  const copies = await Promise.all(
    Array.from({ length: hunt.jobs }, () => copySources(hunt.checkout)),
  )
  try {
    const commands = distinct(mutants.map(({ killedBy }) => killedBy))
    const proofs = await share(commands, copies, (command, copy) => prove(command, copy, hunt))
    const green = new Set(commands.filter((_, index) => proofs[index]).map(lineOfCommand))
    return await share(mutants, copies, (mutant, copy) => judge(mutant, copy, { ...hunt, green }))
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()))
  }
}

/** Each copy takes the next piece of work when it is done with one. @returns the results in the order of the work */
async function share<Work, Result>(
  work: readonly Work[],
  copies: readonly SourceCopy[],
  act: (work: Work, copy: SourceCopy) => Promise<Result>,
): Promise<readonly Result[]> {
  const waiting = [...work.entries()]
  const results: Result[] = []
  await Promise.all(
    copies.map(async (copy) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, piece] = next
        results[index] = await act(piece, copy)
      }
    }),
  )
  return results
}

function distinct(commands: readonly TestCommand[]): readonly TestCommand[] {
  return [...new Map(commands.map((command) => [lineOfCommand(command), command])).values()]
}

async function prove(command: TestCommand, copy: SourceCopy, hunt: Hunt): Promise<boolean> {
  const { seconds, result } = await timed(() => runTests(copy.root, command))
  hunt.onProof(lineOfCommand(command), { result, seconds })
  return result.outcome === 'green'
}

async function judge(
  mutant: Mutant,
  copy: SourceCopy,
  { green, onVerdict }: Hunt & { readonly green: ReadonlySet<string> },
): Promise<Verdict> {
  const { file, killedBy } = mutant
  const source = await copy.read(file)
  const mutation = applyMutant(source, mutant)
  let verdict: Verdict
  if ('stale' in mutation) {
    verdict = { mutant, fate: 'stale', detail: mutation.stale, seconds: 0 }
  } else if (!green.has(lineOfCommand(killedBy))) {
    verdict = { mutant, fate: 'broken', detail: 'its tests fail without it', seconds: 0 }
  } else {
    await copy.write(file, mutation.text)
    const { seconds, result } = await timed(() => runTests(copy.root, killedBy))
    await copy.write(file, source)
    verdict = { mutant, seconds, ...fateOf(result) }
  }
  onVerdict(verdict)
  return verdict
}

function fateOf(result: Awaited<ReturnType<typeof runTests>>): Pick<Verdict, 'fate' | 'detail'> {
  switch (result.outcome) {
    case 'red':
      return { fate: 'killed', detail: result.test }
    case 'timed out':
      return { fate: 'killed', detail: 'no test came to its end' }
    case 'green':
      return { fate: 'SURVIVED', detail: `${result.tests} tests passed` }
    case 'broken':
      return { fate: 'broken', detail: result.output }
  }
}

async function timed<Result>(
  act: () => Promise<Result>,
): Promise<{ seconds: number; result: Result }> {
  const startedAt = performance.now()
  const result = await act()
  return { result, seconds: Math.round((performance.now() - startedAt) / 100) / 10 }
}
