// The tests that mutants are shown, by the project they belong to.

import type { TestCommand } from './mutant.ts'

const commandOf =
  (project: string) =>
  (...files: readonly string[]): TestCommand => ({ project, files })

/** Beside the sources of the server, or in the tests of packages/resource. */
export const unit = commandOf('unit')
export const flows = commandOf('flows')
export const contracts = commandOf('contracts')

/** With the portable checks, which hold some of the rows of every file. */
export function attacks(file: string): TestCommand {
  return { project: 'attacks', files: [file, 'attacks/portable'] }
}

/** Without the floods, which take long and need a machine to themselves. */
export const SIGN_IN_ATTACKS: TestCommand = {
  ...attacks('attacks/sign-in'),
  names: '^(?!.*(postgres|flood))',
}

/** The store's contract, on SQLite. */
export const STORE: TestCommand = { project: 'store', files: ['store/sqlite.test'] }
/** The transitions that put a database back, which belongs to no port. */
export const RESTORE: TestCommand = { project: 'store', files: ['store/restore.test'] }

/** A part of the sequences, on SQLite: every one of these mutants is noticed by some of them. */
export const ONCE_INACTIVE: TestCommand = {
  project: 'once-inactive',
  files: ['once-inactive/once-inactive.test'],
  names: 'on sqlite whatever happens, in whatever order, part 1 ',
}

/** Sequences that are written down, because they are seldom drawn. */
export const ONCE_INACTIVE_FOUND: TestCommand = {
  ...ONCE_INACTIVE,
  names: 'on sqlite (security|RFC|B17|R19)',
}
