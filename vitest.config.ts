import { defineConfig } from 'vitest/config'

const server = 'packages/server'

// Each project is one kind of proof. `npm test` runs them all; `vitest run --project flows` one of them.
export default defineConfig({
  test: {
    // Most tests wait for a disk, a database or a browser more than they work.
    maxWorkers: 2,
    globalSetup: `${server}/test/support/postgres-setup.ts`,
    projects: [
      project('tidy', [`${server}/test/spec/**/*.test.ts`]),
      project('unit', [
        'packages/*/src/**/*.test.ts',
        'packages/resource/test/**/*.test.ts',
        'examples/*/test/**/*.test.ts',
      ]),
      project('store', [`${server}/test/store/**/*.test.ts`]),
      project('races', [`${server}/test/races/**/*.test.ts`]),
      project('durability', [`${server}/test/durability/**/*.test.ts`]),
      project('flows', [`${server}/test/flows/**/*.test.ts`]),
      project('contracts', [`${server}/test/contracts/**/*.test.ts`]),
      project('attacks', [`${server}/test/attacks/**/*.test.ts`]),
      project('browser', [`${server}/test/browser/**/*.test.ts`]),
    ],
  },
})

function project(name: string, include: string[]) {
  return { test: { name, include, testTimeout: 60_000, hookTimeout: 120_000 } }
}
