import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const server = 'packages/server'
const SIGNING_IN = [`${server}/test/support/low-password-cost.ts`]

/** The projects one after the other as they are listed below; their files as vitest has them, the longest first. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ project }: TestSpecification) => this.ctx.projects.indexOf(project)
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}

// Each project is one kind of proof. `npm test` runs them all; `vitest run --project flows` one of them.
export default defineConfig({
  test: {
    // Most tests wait for a disk, a database or a browser more than they work.
    maxWorkers: 3,
    // `npm test` leaves these out, `npm run journeys` runs them (decision 0076).
    tags: [
      {
        name: 'journey',
        description: 'takes long, and says what a shorter test says',
        timeout: 1_800_000,
      },
    ],
    globalSetup: `${server}/test/support/postgres-setup.ts`,
    sequence: { sequencer: AsListed },
    // Those with few long files come first, so that the end is short ones, which keep all workers busy.
    projects: [
      project('once-inactive', [`${server}/test/once-inactive/**/*.test.ts`]),
      project('nemesis', [`${server}/test/nemesis/**/*.test.ts`]),
      project('flows', [`${server}/test/flows/**/*.test.ts`]),
      project('attacks', [`${server}/test/attacks/**/*.test.ts`], SIGNING_IN),
      project('browser', [`${server}/test/browser/**/*.test.ts`]),
      project('cluster', [`${server}/test/cluster/**/*.test.ts`]),
      project('contracts', [`${server}/test/contracts/**/*.test.ts`], SIGNING_IN),
      project('store', [`${server}/test/store/**/*.test.ts`]),
      project('races', [`${server}/test/races/**/*.test.ts`]),
      project('fuzz', [`${server}/test/fuzz/**/*.test.ts`]),
      project('tidy', [`${server}/test/spec/**/*.test.ts`]),
      project('unit', [
        'packages/*/src/**/*.test.ts',
        'packages/resource/test/**/*.test.ts',
        'examples/*/test/**/*.test.ts',
      ]),
    ],
  },
})

function project(name: string, include: string[], setupFiles: string[] = []) {
  return {
    test: {
      name,
      include,
      setupFiles,
      testTimeout: 60_000,
      hookTimeout: 120_000,
      // The files of a project share processes, in which Node itself loads each module once.
      isolate: false,
      experimental: { viteModuleRunner: false, nodeLoader: false },
      env: { TMPDIR: fastFolder(), NODE_COMPILE_CACHE: resolve('node_modules/.cache/compiled') },
    },
  }
}

/** In memory where there is room, so that no test waits for a disk. */
function fastFolder(): string {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > 2 ** 30 ? memory : tmpdir()
}
