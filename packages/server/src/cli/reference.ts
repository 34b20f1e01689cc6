// The commands as a document, made from the program itself.

import type { Command } from 'commander'

export function writeCliReference(program: Command): string {
  return `# Commands

Made from the code by \`npx ostiary reference docs/reference\`: change \`packages/server/src/cli\`, not this file.

Every command knows \`--help\`, \`--json\` (one object on standard output, also for errors) and \`--config <file>\`; those that
work on a tenant know \`--tenant <name>\`, which may be left out when there is only one. Passwords are read from standard
input or made and shown once; they are never arguments. \`NO_COLOR\` switches colours off.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | the command line or its input is wrong |
| 3 | the configuration or the master key is wrong |
| 4 | the database cannot be used |

${leaves(program).map(writeCommand).join('\n')}`
}

/** Commands that do something, not groups of them. */
function leaves(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]))
}

function writeCommand(command: Command): string {
  const options = command.options.filter(({ long }) => !SHARED.includes(long ?? ''))
  const rows = options.map(
    ({ flags, description, mandatory }) =>
      `| \`${flags}\` | ${description}${mandatory ? ' (required)' : ''} |`,
  )
  const table = rows.length > 0 ? `\n| option | meaning |\n| --- | --- |\n${rows.join('\n')}\n` : ''
  return `## \`${nameOf(command)}\`\n\n${sentence(command.description())}\n${table}`
}

const SHARED = ['--config', '--json', '--tenant']

function nameOf(command: Command): string {
  const names: string[] = []
  for (let each: Command | null = command; each; each = each.parent) names.unshift(each.name())
  const parameters = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  return [...names, ...parameters].join(' ')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
