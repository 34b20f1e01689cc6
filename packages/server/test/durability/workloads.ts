// Everything that is done while the server is killed.

import { codeFlow } from './code-flow.ts'
import { keyExchange } from './key-exchange.ts'
import type { Workload } from './kill.ts'
import { passwordGrant } from './password-grant.ts'

export const WORKLOADS: readonly Workload[] = [codeFlow, keyExchange, passwordGrant]
