// All ways to tokens.

import { codeFlow } from './code-flow.ts'
import { keys } from './keys.ts'
import { password } from './password.ts'
import type { Way } from './way.ts'

export const WAYS: readonly Way[] = [codeFlow, keys, password]
