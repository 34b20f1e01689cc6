// The command line: what is measured, and for how long.

import { parseArgs } from 'node:util'
import { OPERATION_NAMES, type OperationName } from './operations/operation.ts'

export interface Options {
  readonly mode: 'full' | 'quick' | 'growth'
  /** All when left out. */
  readonly operations: readonly OperationName[]
  /** Whether the list of operations was given. */
  readonly selected: boolean
  /** Names; all when left out. */
  readonly subjects: readonly string[] | undefined
  readonly withSdk: boolean
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  /** Grants in the store, for --growth. */
  readonly sizes: readonly number[]
  /** Rows that the clean-up finds, for --growth; 0 leaves it out. */
  readonly expired: number
  /** Where files are kept meanwhile. */
  readonly folder: string | undefined
}

export const USAGE = `npm run bench -- [flags]

  (none)                    everything: writes results/latest.json and docs/benchmarks.md
  --quick                   compares ratios with results/latest.json; exit code 1 when something got worse
  --growth                  10 thousand, 1 million and 10 million grants in the store, and the clean-up of 5 million rows

  --only <names>            operations, by comma: ${OPERATION_NAMES.join(', ')}, sdk
  --subjects <names>        subjects, by comma
  --seconds <number>        of each round
  --rounds <number>         of each operation and subject
  --connections <number>    of the load generator, 64
  --sizes <numbers>         of --growth, by comma: 10000,1000000,10000000
  --expired <number>        rows that the clean-up of --growth finds: 5000000, or 0 for none
  --folder <path>           for databases meanwhile; the system's temporary folder when not given
`

const DEFAULTS = {
  full: { seconds: 3, rounds: 3 },
  quick: { seconds: 1.5, rounds: 3 },
  growth: { seconds: 5, rounds: 3 },
} as const

/** Enough to tell whether a change has made something worse. */
const QUICK_OPERATIONS: readonly OperationName[] = [
  'client_credentials-jwt',
  'client_credentials-opaque',
  'code-flow',
  'refresh',
  'introspection-hit',
]
const QUICK_SUBJECTS = ['ostiary-sqlite', 'floor', 'oidc-provider-memory']

/** @throws TypeError that says what is wrong */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      growth: { type: 'boolean' },
      only: { type: 'string' },
      subjects: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      sizes: { type: 'string' },
      expired: { type: 'string' },
      folder: { type: 'string' },
    },
  })
  if (values.help) return 'help'
  if (values.quick && values.growth) throw new TypeError('--quick and --growth exclude each other')
  const mode = values.quick ? 'quick' : values.growth ? 'growth' : 'full'
  const only = values.only?.split(',')
  return {
    mode,
    operations: readOperations(only, mode),
    selected: only !== undefined,
    subjects: values.subjects?.split(',') ?? (mode === 'quick' ? QUICK_SUBJECTS : undefined),
    withSdk: only?.includes('sdk') ?? mode !== 'growth',
    seconds: readNumber('seconds', values.seconds, DEFAULTS[mode].seconds),
    rounds: readNumber('rounds', values.rounds, DEFAULTS[mode].rounds),
    connections: readNumber('connections', values.connections, 64),
    sizes: (values.sizes ?? '10000,1000000,10000000')
      .split(',')
      .map((size) => readNumber('sizes', size, 0)),
    expired: readNumber('expired', values.expired, 5_000_000),
    folder: values.folder,
  }
}

function readOperations(
  only: readonly string[] | undefined,
  mode: Options['mode'],
): readonly OperationName[] {
  if (only === undefined) return mode === 'quick' ? QUICK_OPERATIONS : OPERATION_NAMES
  const unknown = only.filter((name) => name !== 'sdk' && !isOperation(name))
  if (unknown.length === 0) return only.filter(isOperation)
  throw new TypeError(
    `--only: there is no ${unknown.join(', ')}: choose among ${OPERATION_NAMES.join(', ')}, sdk`,
  )
}

function isOperation(name: string): name is OperationName {
  return (OPERATION_NAMES as readonly string[]).includes(name)
}

function readNumber(name: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0 && text.trim() !== '') return value
  throw new TypeError(`--${name}: "${text}" is no number`)
}
