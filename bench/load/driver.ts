// The load generator as the parent sees it.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from './generator.ts'
import type { Sample } from './measure.ts'

export class LoadGenerator {
  readonly #child: ChildProcess

  constructor() {
    this.#child = fork(new URL('./generator.ts', import.meta.url))
  }

  async open(command: Omit<Extract<Command, { kind: 'open' }>, 'kind'>): Promise<void> {
    await this.#tell({ kind: 'open', ...command })
  }

  async measure(command: Omit<Extract<Command, { kind: 'measure' }>, 'kind'>): Promise<Sample> {
    return (await this.#tell({ kind: 'measure', ...command })) as Sample
  }

  async close(key: string): Promise<void> {
    await this.#tell({ kind: 'close', key })
  }

  stop(): void {
    this.#child.disconnect()
  }

  async #tell(command: Command): Promise<unknown> {
    this.#child.send(command)
    const [answer] = (await once(this.#child, 'message')) as [
      { result?: unknown; failure?: string },
    ]
    if (answer.failure === undefined) return answer.result
    const { key } = command
    throw new Error(`${key}: ${answer.failure}`)
  }
}
