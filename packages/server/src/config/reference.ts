// The configuration as documents: a JSON Schema for editors and a table for people, both made from the schema.

import { type ConfigKey, type JsonSchema, listConfigKeys, mayBeObject } from './keys.ts'
import { ALLOWANCES, ConfigSchema } from './schema.ts'

const SCHEMA_ID = 'https://json-schema.org/draft/2020-12/schema'

/** What has a default need not be in the file. */
export function publishSchema(): object {
  return { $schema: SCHEMA_ID, ...withoutDefaulted(ConfigSchema) }
}

function withoutDefaulted(schema: JsonSchema): JsonSchema {
  const { properties, items, required } = schema
  const result: Record<string, unknown> = { ...schema }
  if (properties) {
    const children = Object.entries(properties)
    result.properties = Object.fromEntries(
      children.map(([name, child]) => [name, withoutDefaulted(child)]),
    )
    result.required = required?.filter((name) => properties[name]?.default === undefined)
  }
  if (items) result.items = withoutDefaulted(items)
  return result
}

export function writeConfigReference(): string {
  return `# Configuration

Made from the code by \`npx ostiary reference docs/reference\`: change \`packages/server/src/config\`, not this file.

Settings come from flags, then the environment, then \`ostiary.config.yaml\`, then the defaults below; the first that says
something wins. \`--config\` or \`OSTIARY_CONFIG\` names another file. Each key below is also an environment variable; lists
are separated by commas, and \`<n>\` counts entries from 0. A secret can also be read from the file that its variable with
\`_FILE\` names. Unknown keys and variables are errors, and all problems are reported at once, with place and remedy.

For completion in an editor, begin the file with

\`\`\`yaml
# yaml-language-server: $schema=./docs/reference/config.schema.json
\`\`\`

A complete small one:

\`\`\`yaml
tenants:
  - name: acme
    issuer: https://login.acme.example
    resourceServers:
      - audience: https://api.acme.example
        name: Acme API
        scopes:
          - name: contacts:read
            description: { en: see your contacts, de: Ihre Kontakte sehen }
            access: read
\`\`\`

${listConfigKeys().map(sectionOf).filter(unique).map(writeSection).join('\n')}
## Unsafe settings

\`ostiary start\` refuses these unless \`allow\` (or \`--allow\`) names them.

| name | what you accept |
| --- | --- |
${Object.entries(ALLOWANCES)
  .map(([name, loss]) => `| \`${name}\` | ${loss} |`)
  .join('\n')}
`
}

/** The section a key is listed in: its first part, and for tenants the list it belongs to. */
function sectionOf({ path }: ConfigKey): string {
  const list = path.lastIndexOf('*')
  if (list !== -1) return formatKey(path.slice(0, list + 1))
  return path.length > 1 ? (path[0] ?? '') : 'General'
}

function unique(section: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(section) === index
}

function writeSection(section: string): string {
  const keys = listConfigKeys().filter((key) => sectionOf(key) === section)
  return `## ${section}

| key | type | default | meaning |
| --- | --- | --- | --- |
${keys.map(writeRow).join('\n')}
`
}

function writeRow(key: ConfigKey): string {
  const { schema, variable } = key
  const name = variable
    ? `\`${formatKey(key.path)}\`<br>\`${variable}\``
    : `\`${formatKey(key.path)}\``
  const cells = [name, typeOf(schema), defaultOf(key), schema.description ?? '']
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** tenants.*.issuer -> tenants[].issuer */
function formatKey(path: readonly string[]): string {
  return path.join('.').replaceAll('.*', '[]')
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (mayBeObject(schema)) return 'text, or texts by language'
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(', ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'integer') return `${schema.minimum} … ${schema.maximum}`
  if (schema.type === 'boolean') return '`true`, `false`'
  return schema.writeOnly ? 'secret text' : 'text'
}

function defaultOf({ schema, required }: ConfigKey): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default)}\``
  return required ? 'required' : ''
}
