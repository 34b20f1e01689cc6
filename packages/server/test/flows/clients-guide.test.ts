// Proves that the guide to clients speaks of this version: it has a row for each client that the tests sign in with, asks
// for what the tests had to set, and names settings that exist.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { standard } from '../../src/contracts/standard.ts'
import { ROOT } from '../spec/tidy/repo.ts'
import { GENERIC_CLIENTS } from '../support/generic-clients.ts'
import { LIBRARY_SITES } from '../support/library-sites.ts'
import { LITERAL_CLIENTS, type LiteralClient } from '../support/literal-clients.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const guide = read('docs/guides/clients.md')
const commands = read('docs/reference/cli.md').split(/^## /m)
const settings = read('docs/reference/config.md')

/** Client -> what it needs of Ostiary, and what of itself. */
const rows = new Map(
  [...guide.matchAll(/^\| ([^|]+) \| ([^|]+) \|(?: ([^|]+) \|)?$/gm)].map(
    // The libraries of APIs are not registered, so they need nothing of Ostiary.
    ([, client = '', first = '', second]) => [
      client,
      second === undefined
        ? { ofOstiary: '–', ofItself: first }
        : { ofOstiary: first, ofItself: second },
    ],
  ),
)

const literal: readonly (readonly [string, LiteralClient])[] = Object.entries(LITERAL_CLIENTS)

describe('the guide to clients', () => {
  it('has the fifty, and more', () => {
    expect(rows.size).toBeGreaterThanOrEqual(50)
  })

  test.each([
    ...literal.map(([name, { withoutPkce }]) => [name, withoutPkce && 'without-pkce'] as const),
    ...Object.entries(LIBRARY_SITES).map(([name, { allowance }]) => [name, allowance] as const),
  ])('asks for %s what it was given here', (name, allowance) => {
    const row = rows.get(name)
    if (allowance === undefined) expect(row?.ofOstiary).toMatch(/^(–|`--)/)
    // One that can send a challenge is told how, instead.
    else expect(`${row?.ofOstiary} ${row?.ofItself}`).toMatch(`\`${allowance}\``)
  })

  test.each(Object.keys(GENERIC_CLIENTS))('has a row for %s', (name) => {
    const [library = ''] = name.split(',')
    expect([...rows.keys()].some((client) => client.startsWith(library))).toBe(true)
  })

  it('asks Ostiary for settings that it has', () => {
    const listed = [...guide.matchAll(/^- \*\*`(.+?)`\*\*/gm)].map(([, setting]) => setting)
    const ofOstiary = [...rows.values()].flatMap(({ ofOstiary }) =>
      [...ofOstiary.matchAll(/`(.+?)`/g)].map(([, setting]) => setting),
    )
    const named = [...listed, ...ofOstiary].filter((setting) => setting !== undefined)
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((setting) => !exists(setting))).toEqual([])
    for (const [, path = ''] of guide.matchAll(/`(policy\.[\w.]+): \w+`/g)) {
      expect(settings).toContain(`\`tenants[].${path}\``)
    }
  })

  it.each(['ostiary client allow <client> with-all', 'ostiary start --gone', '--gone', 'gone'])(
    'would be told of %s',
    (setting) => expect(exists(setting)).toBe(false),
  )
})

/** An allowance; or an option, alone or behind its command. */
function exists(setting: string): boolean {
  if (isAllowance(setting)) return true
  const command = /^ostiary [a-z]+( [a-z]+)?/.exec(setting)?.[0] ?? 'ostiary client create'
  const section = commands.find((text) => text.startsWith(`\`${command}`))
  if (section === undefined) return false
  const [option] = /--[a-z-]+/.exec(setting) ?? []
  if (option !== undefined) return section.includes(`| \`${option}`)
  return isAllowance(setting.split(' ').at(-1) ?? '')
}

function isAllowance(name: string): boolean {
  return Object.hasOwn(standard.rules.allowances, name)
}
