// ostiary reference: writes the part of the manual that derives from the code.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { publishSchema, writeConfigReference } from '../config/reference.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { makeNamedFolder } from './places.ts'
import { writeCliReference } from './reference.ts'

export function addReferenceCommand(program: Command, terminal: Terminal): void {
  addCommand<SharedOptions>(program, terminal, {
    usage: 'reference <folder>',
    description: 'write config.md, config.schema.json and cli.md of this version into a folder',
    run: async (_options, [folder = '']) => {
      makeNamedFolder(folder)
      const files = Object.entries(referenceFiles(program))
      for (const [name, text] of files) writeFileSync(join(folder, name), text)
      const names = files.map(([name]) => join(folder, name))
      return { data: { files: names }, text: `wrote ${names.join(', ')}` }
    },
  })
}

/** File name -> text. */
export function referenceFiles(program: Command): Readonly<Record<string, string>> {
  return {
    'config.md': writeConfigReference(),
    'config.schema.json': `${JSON.stringify(publishSchema(), null, 2)}\n`,
    'cli.md': writeCliReference(program),
  }
}
