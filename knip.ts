// Finds dependencies, files and exports that nothing uses. Starting points are what packages and scripts name.

import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  // A package of its own, which is only installed to be run.
  ignore: ['bench/**'],
  workspaces: {
    '.': {},
    'packages/*': { project: ['{src,test}/**/*.ts'] },
    'examples/*': { entry: ['src/plugin.ts'], project: ['{src,test}/**/*.ts'] },
  },
  ignoreExportsUsedInFile: { interface: true, type: true },
}

export default config
