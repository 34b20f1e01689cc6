// What the parts of the contract are given: the store under test, open by the time a test runs.

import type { Store } from '../../../src/store/port.ts'

export type TheStore = () => Store
