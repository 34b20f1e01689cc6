// Proves that the pages of commands and configuration are those of this version.

import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Terminal } from '../../src/cli/command.ts'
import { createProgram } from '../../src/cli/program.ts'
import { referenceFiles } from '../../src/cli/reference-command.ts'
import { ALLOWANCES } from '../../src/config/schema.ts'

const REFERENCE = new URL('../../../../docs/reference/', import.meta.url)

function unused(): never {
  throw new Error('describing the commands runs none of them')
}

const terminal: Terminal = {
  env: {},
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  stopRequested: unused,
  onRestartRequest: () => undefined,
  say: unused,
  list: unused,
  parts: {
    openStore: unused,
    migrateStore: unused,
    migrationStatus: unused,
    copyDatabase: unused,
    holdDatabase: unused,
    findPoolerTrouble: unused,
    listOtherConnections: unused,
    openRestored: unused,
    listGrantTypes: unused,
    startServer: unused,
    startManagementOfWorkers: unused,
  },
}

const files = referenceFiles(createProgram(terminal))

describe('the reference manual', () => {
  it.each(Object.keys(files))('%s is current: if not, run `npm run docs`', (name) => {
    expect(readFileSync(new URL(name, REFERENCE), 'utf8')).toBe(files[name])
  })

  it('names every unsafe setting, variable of a list entry, and exit code', () => {
    for (const name of Object.keys(ALLOWANCES)) expect(files['config.md']).toContain(`\`${name}\``)
    expect(files['config.md']).toContain('`OSTIARY_TENANTS_<n>_POLICY_CODE_LIFETIME_SECONDS`')
    expect(files['cli.md']).toMatch(/\| 4 \| the database/)
    expect(files['cli.md']).toContain('## `ostiary client secret revoke <client> <secret-id>`')
  })
})

describe('the published schema', () => {
  const schema = JSON.parse(files['config.schema.json'] ?? '')

  it('describes every key, and asks only for what has no default', () => {
    const undescribed: string[] = []
    walk(schema, '', (place, node) => {
      const isLeaf = !node.properties && !place.endsWith('[]')
      if (isLeaf && !node.description) undescribed.push(place)
      for (const name of node.required ?? []) {
        expect(node.properties?.[name], `${place}.${name}`).not.toHaveProperty('default')
      }
    })
    expect(undescribed).toEqual([])
    expect(schema.required).toEqual(['tenants'])
  })

  it('marks secrets', () => {
    expect(schema.properties.masterKey.writeOnly).toBe(true)
    expect(schema.properties.database.properties.url.writeOnly).toBe(true)
  })
})

interface Node {
  readonly description?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
}

function walk(node: Node, place: string, visit: (place: string, node: Node) => void): void {
  visit(place, node)
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    walk(child, `${place}.${name}`, visit)
  }
  if (node.items) walk(node.items, `${place}[]`, visit)
}
