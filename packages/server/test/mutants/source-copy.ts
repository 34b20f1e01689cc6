// A copy of the sources in a folder of its own, with the dependencies of this checkout: mutants are put in there, and
// never where somebody works.

import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** What the tests read, below the root of the repository. */
const COPIED = ['packages', 'examples', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const WORKSPACE_SCOPE = '@ostiary'

export interface SourceCopy {
  readonly root: string
  /** @param file below `packages`, here and in `write` */
  read(file: string): Promise<string>
  write(file: string, text: string): Promise<void>
  remove(): Promise<void>
}

export async function copySources(checkout: string): Promise<SourceCopy> {
  const root = await mkdtemp(join(tmpdir(), 'ostiary-mutants-'))
  const present = await readdir(checkout)
  for (const name of COPIED.filter((each) => present.includes(each))) {
    await cp(join(checkout, name), join(root, name), {
      recursive: true,
      filter: (path) => !['node_modules', 'data', 'dist'].includes(basename(path)),
    })
  }
  await linkDependencies(checkout, root)
  for (const name of await readdir(join(checkout, 'packages'))) {
    const folder = join('packages', name)
    const inner = join(checkout, folder, 'node_modules')
    if ((await readdir(join(checkout, folder))).includes('node_modules')) {
      await symlink(inner, join(root, folder, 'node_modules'))
    }
  }
  return {
    root,
    read: (file) => readFile(join(root, 'packages', file), 'utf8'),
    write: (file, text) => writeFile(join(root, 'packages', file), text),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** One by one, because the packages of this repository must be those of the copy. */
async function linkDependencies(checkout: string, root: string): Promise<void> {
  const from = join(checkout, 'node_modules')
  const to = join(root, 'node_modules')
  await mkdir(join(to, WORKSPACE_SCOPE), { recursive: true })
  const names = (await readdir(from)).filter((name) => name !== WORKSPACE_SCOPE)
  // Caches of tools begin with a dot, and belong to the checkout.
  for (const name of names.filter((each) => !each.startsWith('.') || each === '.bin')) {
    await symlink(join(from, name), join(to, name))
  }
  await symlink(join(root, 'packages/resource'), join(to, WORKSPACE_SCOPE, 'resource'))
  await symlink(join(root, 'examples/crm-api'), join(to, WORKSPACE_SCOPE, 'example-crm-api'))
}
