import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asPostgresUser, enterableByAll } from '../support/postgres-binaries.ts'

test('the programs of PostgreSQL in a folder of one user alone are run by another from a copy', () => {
  const privateFolder = mkdtempSync(join(tmpdir(), 'ostiary-private-'))
  const programs = join(privateFolder, 'native')
  mkdirSync(programs)
  writeFileSync(join(programs, 'program'), '#!/bin/sh\necho ran\n', { mode: 0o755 })

  // Root's stand-in would get EACCES in the private folder itself.
  const folder = enterableByAll(programs)
  const options = { ...asPostgresUser(), cwd: '/', encoding: 'utf8' } as const
  expect(execFileSync(join(folder, 'program'), options)).toBe('ran\n')
  expect(folder).not.toBe(programs)
})
