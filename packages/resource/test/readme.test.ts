// Every option, requirement and quickstart that the README shows must exist.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
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

  test.each([true, false])('operating 17, 28: compile, with strict: %s', async (strict) => {
    const output = await compile(snippets, { strict, exactOptionalPropertyTypes: strict })
    expect(output).toBe('')
  })
})

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** @returns what the compiler complains about in these files; the package itself is compiled strictly */
async function compile(files: readonly string[], options: object): Promise<string> {
  // Below the root, so that its packages and types are found as an API would find them.
  const cache = join(ROOT, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'readme-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await Promise.all(files.map((code, at) => writeFile(join(folder, `quickstart-${at}.ts`), code)))
  const compilerOptions = {
    target: 'es2024',
    lib: ['esnext'],
    module: 'nodenext',
    moduleDetection: 'force',
    types: ['node'],
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    ...options,
  }
  const config = { compilerOptions, files: files.map((_, at) => `quickstart-${at}.ts`) }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  return await promisify(execFile)(process.execPath, [compiler, '-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => {
      const lines = stdout.split('\n').filter((line) => line.includes('quickstart-'))
      return lines.join('\n')
    },
  )
}
