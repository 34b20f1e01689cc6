// What a server has open must look open to other processes: the locks of SQLite belong to the whole process, and are
// all gone as soon as it closes the file once past SQLite.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabaseFile } from '../../src/store/sql/sqlite-file.ts'
import { temporaryFolder } from './databases.ts'

/** Another program that takes the file for itself, and one that reads it: the last to close it deletes its log. */
const TAKE = 'pragma locking_mode = exclusive; begin exclusive; commit'
const READ = 'select * from kept'
const PROGRAM = `const { DatabaseSync } = require('node:sqlite')
const [path, work] = process.argv.slice(1)
const db = new DatabaseSync(path)
try { db.exec(work); console.log('done') } catch (error) { console.log(error.errcode) }
db.close()`

const tryTo = (work: string, path: string) =>
  execFileSync(process.execPath, ['--no-warnings', '-e', PROGRAM, path, work], {
    encoding: 'utf8',
  }).trim()

const SQLITE_BUSY = '5'

test('a file that is opened a second time, by the thread that empties the log, is held as before', async () => {
  const path = join(await temporaryFolder(), 'ostiary.db')
  const server = openDatabaseFile(path)
  server.exec('create table kept (n integer); insert into kept values (1)')
  expect(tryTo(TAKE, path)).toBe(SQLITE_BUSY)
  const thread = openDatabaseFile(path)
  expect(tryTo(TAKE, path)).toBe(SQLITE_BUSY)
  expect(tryTo(READ, path)).toBe('done')
  expect(existsSync(`${path}-wal`)).toBe(true)
  thread.close()
  expect(tryTo(TAKE, path)).toBe(SQLITE_BUSY)
  server.close()
  expect(tryTo(TAKE, path)).toBe('done')
})
