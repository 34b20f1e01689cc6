// One follower for each copy of a feed: a second one would cut off what the first is writing, or write over what the
// first has just forgotten. The lock is one of SQLite's, which the kernel ends with its process: after a crash nothing
// is left to be cleared away, and no number of a process can be mistaken for that of another, as in containers.

import { CommandError, reasonOf } from '../failure.ts'

const SQLITE_BUSY = 5

/** @returns what lets go @throws CommandError when another follower has it */
export async function holdCopy(path: string): Promise<() => void> {
  // Only here: no other command need wait for it.
  const { DatabaseSync } = await import('node:sqlite')
  const lock = `${path}.lock`
  let held: InstanceType<typeof DatabaseSync> | undefined
  try {
    held = new DatabaseSync(lock)
    held.exec('begin exclusive')
    return () => held?.close()
  } catch (cause) {
    held?.close()
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY) {
      throw new CommandError(
        `${path} is followed already, by another \`ostiary feed follow\`\n→ let one follow, or name another file; nothing was changed`,
        { cause },
      )
    }
    throw new CommandError(`${lock} cannot be opened: ${reasonOf(cause)}`, { cause })
  }
}
