// The registry of subjects, in the order of the tables.

import { betterAuth } from './better-auth.ts'
import { floor } from './floor.ts'
import { oauth2Server } from './oauth2-server.ts'
import { oidcProviderMemory, oidcProviderSqlite } from './oidc-provider.ts'
import { ostiaryPostgres, ostiarySqlite } from './ostiary.ts'
import type { Subject } from './subject.ts'

export const SUBJECTS: readonly Subject[] = [
  ostiarySqlite,
  ostiaryPostgres,
  floor,
  oidcProviderMemory,
  oidcProviderSqlite,
  oauth2Server,
  betterAuth,
]

/** @throws TypeError for a name that nobody has */
export function chooseSubjects(names: readonly string[] | undefined): readonly Subject[] {
  if (names === undefined) return SUBJECTS
  const known = SUBJECTS.map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new TypeError(
      `--subjects: there is no ${unknown.join(', ')}: choose among ${known.join(', ')}`,
    )
  }
  return SUBJECTS.filter(({ name }) => names.includes(name))
}
