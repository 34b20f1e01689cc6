// The thread in which one bcrypt hash is made.

import { parentPort, workerData } from 'node:worker_threads'
import { hashSync } from 'bcryptjs'

export interface BcryptTask {
  readonly password: string
  /** Version, cost and salt: what stands before the digest. */
  readonly setting: string
}

const { password, setting }: BcryptTask = workerData
parentPort?.postMessage(hashSync(password, setting))
