// Files and folders that a command line names. What is wrong with one of them is wrong input, and no bug of ours.

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { makeFolder } from '../platform/make-folder.ts'
import { reasonOf, UsageError } from './failure.ts'

/** @throws UsageError when there is nothing to read */
export function readNamedFile(path: string): string {
  requireNamedFile(path)
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/** @throws UsageError when there is no such file, or it is a folder */
export function requireNamedFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new UsageError(`there is no file ${path}`)
  if (!found.isFile()) throw new UsageError(`${path} is no file`)
}

/** @throws UsageError when no file can be made there */
export function requirePlaceForFile(path: string): void {
  const folder = dirname(resolve(path))
  if (!isFolder(folder)) throw new UsageError(`there is no folder ${folder}: make it first`)
  if (isFolder(path)) throw new UsageError(`${path} is a folder: name a file`)
}

/** @throws UsageError when something else than a folder is there already, or no folder can be made there */
export function makeNamedFolder(path: string, mode?: number): void {
  try {
    makeFolder(path, mode)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new UsageError(`${path} is no folder, or lies below a file`, { cause })
    }
    // The file system has no folders there, as below /proc.
    if (code !== 'ENOENT') throw cause
    throw new UsageError(`${path} cannot be made: name another folder`, { cause })
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
