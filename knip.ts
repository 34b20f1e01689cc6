// Finds dependencies, files and exports that nothing uses. Starting points are what packages and scripts name.

import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  workspaces: {
    '.': {},
    'packages/server': {
      entry: ['src/main.ts', 'test/**/*.test.ts'],
      project: ['{src,test}/**/*.ts'],
    },
    'packages/resource': {
      entry: ['test/**/*.test.ts'],
      project: ['{src,test}/**/*.ts'],
    },
    'examples/crm-api': {
      entry: ['src/plugin.ts', 'test/**/*.test.ts'],
      project: ['{src,test}/**/*.ts'],
    },
  },
  // The runtime itself, pinned: npm scripts find it as `node`.
  ignoreDependencies: ['node'],
  ignoreExportsUsedInFile: { interface: true, type: true },
}

export default config
