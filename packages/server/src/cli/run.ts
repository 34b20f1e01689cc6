// Runs one command line and says how it ended. Must not know what the commands do.

import { CommanderError } from 'commander'
import type { Answer } from './answer.ts'
import type { SharedOptions, Terminal } from './command.ts'
import { describeFailure, EXIT_CODES } from './failure.ts'
import type { Host } from './host.ts'
import { printList, writeOut } from './list.ts'
import { createProgram } from './program.ts'

/** @returns the exit code */
export async function runCli(args: readonly string[], host: Host): Promise<number> {
  let exitCode: number | undefined
  const say = (answer: Answer, { json }: SharedOptions) => {
    host.stdout.write(`${json ? JSON.stringify(answer.data) : answer.text}\n`)
    exitCode = answer.exitCode ?? EXIT_CODES.ok
  }
  const list: Terminal['list'] = async (items, shape, { json = false }) => {
    const print = (text: string) => {
      exitCode = EXIT_CODES.ok
      return writeOut(host.stdout, text)
    }
    await printList(items, shape, { json, print })
    return undefined
  }
  try {
    await createProgram({ ...host, say, list }).parseAsync(args, { from: 'user' })
    return exitCode ?? EXIT_CODES.ok
  } catch (error) {
    // One object is all that --json promises: a server that fails later says so on standard error.
    return fail(error, args.includes('--json') && exitCode === undefined, host)
  }
}

function fail(error: unknown, json: boolean, host: Host): number {
  const isCommandLine = error instanceof CommanderError
  if (isCommandLine && error.exitCode === 0) return EXIT_CODES.ok // --help, --version
  const failure = describeFailure(error)
  if (json) host.stdout.write(`${JSON.stringify(failure.data)}\n`)
  // Commander has said by itself what is wrong with the command line.
  else if (!isCommandLine) host.stderr.write(`${failure.text}\n`)
  return failure.exitCode
}
