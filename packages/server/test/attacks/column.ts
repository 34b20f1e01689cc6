// One server's column of the comparison: every check run against it, one after the other.

import { type Check, type Finding, runCheck } from './check.ts'
import { CHECKS } from './checks/index.ts'
import { Scene } from './scene.ts'
import type { Opening } from './targets/index.ts'

export interface Column {
  readonly name: string
  readonly findings: ReadonlyMap<Check, Finding | NotRun>
}

/** Something that must work before there is anything to attack did not. */
export interface NotRun {
  readonly verdict: 'not run'
  readonly seen: string
}

/** @param isWanted which checks; the others are not in the column */
export async function measureColumn(
  open: Opening,
  isWanted: (check: Check) => boolean,
): Promise<Column> {
  const target = await open()
  try {
    const scene = new Scene(target)
    const findings = new Map<Check, Finding | NotRun>()
    for (const check of CHECKS.filter(isWanted)) {
      const finding = await runCheck(check, scene).catch(
        (error: unknown): NotRun => ({ verdict: 'not run', seen: String(error) }),
      )
      findings.set(check, finding)
    }
    return { name: target.name, findings }
  } finally {
    await target.stop()
  }
}
