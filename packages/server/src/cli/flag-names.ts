// A refusal names a field as the operation has it; whoever typed a command knows it as a flag. One place for all
// commands: a field is the flag of the same name, or the one that the table has for it, if the command has that flag.

import type { Command } from 'commander'
import { type FieldProblem, OperationError } from '../operations/operation.ts'

/** Where the flag is called otherwise than the field. */
const FLAG_OF: Readonly<Record<string, string>> = {
  allowance: 'allow',
  'allowances until': 'allowUntil',
  owner: 'allowOwner',
  reason: 'allowReason',
  until: 'allowUntil',
  defaultScopes: 'defaultScope',
  expiresAtSeconds: 'expiresInDays',
  grantTypes: 'grant',
  idTokenAlgorithm: 'idTokenAlg',
  memberships: 'organisation',
  organisationId: 'organisation',
  password: 'passwordStdin',
  passCode: 'passCodeStdin',
  party: 'firstParty',
  pinnedKeys: 'jwksFile',
  postLogoutRedirectUris: 'postLogoutRedirectUri',
  privacyUri: 'privacy',
  redirectUris: 'redirectUri',
  refreshPolicy: 'stableRefreshToken',
  role: 'admin',
  scopes: 'scope',
  termsUri: 'terms',
  unitId: 'unit',
}

/** @returns the error with the flags of the command in place of the fields; any other error as it is */
export function inFlagsOf(command: Command, error: unknown): unknown {
  if (!(error instanceof OperationError)) return error
  return new OperationError(error.problems.map((problem) => inFlags(problem, command)))
}

function inFlags(problem: FieldProblem, command: Command): FieldProblem {
  // What has a line is a column of a file.
  if (problem.line !== undefined) return problem
  const names = [problem.field, FLAG_OF[problem.field]]
  const option = command.options.find((each) => names.includes(each.attributeName()))
  return option?.long ? { ...problem, field: option.long } : problem
}
