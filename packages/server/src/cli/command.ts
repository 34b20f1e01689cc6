// One shape for all commands: the shared options, and one answer as text or as JSON.

import type { Command, Option } from 'commander'
import type { Answer } from './answer.ts'
import { inFlagsOf } from './flag-names.ts'
import type { Host } from './host.ts'
import type { List } from './list.ts'

export interface SharedOptions {
  readonly config?: string
  readonly json?: boolean
}

export interface Terminal extends Host {
  say(answer: Answer, options: SharedOptions): void
  /** Says a list of any length while it is read. */
  list<Item, Row>(
    items: AsyncIterable<Item>,
    list: List<Item, Row>,
    options: SharedOptions,
  ): Promise<undefined>
}

export interface CommandShape<Options> {
  /** Name and arguments: `show <client>`. */
  readonly usage: string
  readonly description: string
  readonly options?: (command: Command) => unknown
  /** Runs when the group is named alone: `ostiary migrate`. */
  readonly isDefault?: boolean
  /** Without an answer it has said itself what there was to say. */
  run(options: Options & SharedOptions, args: readonly string[]): Promise<Answer | undefined>
}

export function addCommand<Options extends object>(
  parent: Command,
  terminal: Terminal,
  shape: CommandShape<Options>,
): void {
  const command = parent
    .command(shape.usage, { isDefault: shape.isDefault ?? false })
    .description(shape.description)
  shape.options?.(command)
  refuseOpposites(command)
  command
    .option('--config <file>', 'configuration file (default: ostiary.config.yaml)')
    .option('--json', 'answer with one JSON object')
    .action(async () => {
      const options = command.opts<Options & SharedOptions>()
      const answer = await shape.run(options, command.args).catch((error: unknown) => {
        throw inFlagsOf(command, error)
      })
      if (answer) terminal.say(answer, options)
    })
}

/** Of `--x` and `--no-x` the last would win without a word. */
function refuseOpposites(command: Command): void {
  for (const no of command.options.filter(({ negate }) => negate)) {
    const yes = command.options.find(
      (each) => !each.negate && each.attributeName() === no.attributeName(),
    )
    if (!yes) continue
    const given = new Set<Option>()
    for (const option of [yes, no]) {
      command.on(`option:${option.name()}`, () => {
        given.add(option)
        if (given.size < 2) return
        command.error(`error: option '${yes.flags}' cannot be used with option '${no.flags}'`)
      })
    }
  }
}
