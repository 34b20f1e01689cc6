// The legacy allowances of an app that is brought along: `{"name", "owner", "reason", "until"}` each.

import type { Allowance } from '../protocol/allowance.ts'
import { parseDay } from '../protocol/day.ts'
import type { ClientAllowance } from '../store/records.ts'
import { type Columns, readValues } from './import-rows.ts'
import type { FieldProblem } from './operation.ts'

const MEMBERS = {
  name: 'text',
  owner: 'text',
  reason: 'text',
  until: 'text',
} as const satisfies Columns

interface ReadAllowances {
  readonly allowances: readonly ClientAllowance[]
  readonly problems: readonly FieldProblem[]
}

/** Whether the app may have them is for {@link checkAllowances}. */
export function readAllowances(objects: readonly object[]): ReadAllowances {
  const read = objects.map((object) => readAllowance({ ...object }))
  const problems = read.flatMap((each) => each.problems)
  return { allowances: read.map(({ allowance }) => allowance), problems }
}

function readAllowance(object: Readonly<Record<string, unknown>>) {
  const { values, problems } = readValues({ line: 0, values: object }, MEMBERS)
  const endsAtSeconds = parseDay(values.until ?? '')
  const allowance: ClientAllowance = {
    name: (values.name ?? '') as Allowance,
    owner: values.owner ?? '',
    reason: values.reason ?? '',
    endsAtSeconds: endsAtSeconds ?? 0,
  }
  const wrong = problems.map(({ field, problem }) => ({ field: `allowances ${field}`, problem }))
  if (endsAtSeconds === undefined) {
    wrong.push({ field: 'allowances until', problem: 'is not a day such as 2027-06-30' })
  }
  return { allowance, problems: wrong }
}
