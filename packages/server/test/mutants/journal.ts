// What a run has killed so far, a line for each: a run that was cut off, or whose survivors were mended, goes on from there.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Verdict } from './hunt.ts'
import type { Mutant } from './mutant.ts'

export interface Journal {
  /** @returns the verdict on just this mutant, by just these tests, if it was killed */
  find(mutant: Mutant): Verdict | undefined
  add(verdict: Verdict): void
}

type Entry = Pick<Verdict, 'detail' | 'seconds'> & { readonly mutant: string }

/** @param path undefined to remember nothing */
export function openJournal(path: string | undefined): Journal {
  const known = new Map<string, Entry>()
  if (path !== undefined && existsSync(path)) {
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const entry = JSON.parse(line) as Entry
      known.set(entry.mutant, entry)
    }
  }
  return {
    find(mutant) {
      const entry = known.get(keyOf(mutant))
      return entry && { ...entry, mutant, fate: 'killed' }
    },
    add({ mutant, fate, detail, seconds }) {
      if (path === undefined || fate !== 'killed') return
      appendFileSync(path, `${JSON.stringify({ mutant: keyOf(mutant), detail, seconds })}\n`)
    },
  }
}

function keyOf({ name, breaks, file, within, find, times, replace, killedBy }: Mutant): string {
  return JSON.stringify([name, breaks, file, within, find, times, replace, killedBy])
}
