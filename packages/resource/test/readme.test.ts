// Every option, requirement and quickstart that the README shows must exist.

import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { describe, expect, test } from 'vitest'
import { createGuard } from '../src/index.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const guard = createGuard({ issuer: 'https://auth.test', audience: 'https://api.test' })

function knownNames(provoke: () => void): string[] {
  try {
    provoke()
  } catch (error) {
    return /Known are: ([\w, ]+)\./.exec(String(error))?.[1]?.split(', ') ?? []
  }
  return []
}

test('the README names every option', () => {
  const options = knownNames(() => createGuard({ unknown: 1 } as object))
  expect(options).toContain('issuer')
  for (const name of options) expect(readme).toContain(`\`${name}\``)
})

test('the README names every requirement', () => {
  const requirements = knownNames(() => guard.assertRequirements({ unknown: 1 }))
  expect(requirements).toContain('scopes')
  for (const name of requirements) expect(readme).toMatch(new RegExp(`\`${name}[\`:]`))
})

describe('the quickstarts', () => {
  const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '')

  test('are there for each framework', () => {
    expect(snippets).toHaveLength(6)
  })

  test.each(snippets)('%#: what it imports exists', async (code) => {
    expect(() => stripTypeScriptTypes(code)).not.toThrow()
    const imports = [...code.matchAll(/import \{ ([^}]+) \} from '(@ostiary\/[^']+)'/g)]
    expect(imports.length).toBeGreaterThan(0)
    for (const [, names = '', module = ''] of imports) {
      expect(Object.keys(await import(module))).toEqual(expect.arrayContaining(names.split(', ')))
    }
  })
})
