// Makes a folder and those above it. Node's own recursion never ends where the file system says that a folder does not
// exist although the one above it does, as below /proc: a mistyped path would hang instead of being refused.

import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** @throws the error of the file system, when something else is there or nothing can be made there */
export function makeFolder(path: string, mode?: number): void {
  const folder = resolve(path)
  if (isFolder(folder)) return
  makeFolder(dirname(folder), mode)
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    // Another process was faster.
    if (!isFolder(folder)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
