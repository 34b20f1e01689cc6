#!/usr/bin/env node
// The command: starts main.ts with what Node made of the sources last time. JavaScript itself, so that Node need not
// load what strips types for the sake of one file. The cache stands beside the code, because whoever may write to it
// may run code here; where the folder is not writable there is none (decision 0028).

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../.compile-cache', import.meta.url)))
await import('../src/main.ts')
