// R16, in short: some hundred mutated requests to a tenant of every contract, on both stores. The long form is
// `npm run fuzz -- --requests 1000000 --seed 1`, which runs this very file.

import { describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { STORES, startTestServer } from '../support/start-server.ts'
import { fuzz } from './rounds.ts'

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1200)
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)
const REQUESTS_PER_SECOND_AT_LEAST = 20

const share = Math.ceil(REQUESTS / (STORES.length * CONTRACT_NAMES.length))
const timeout = 60_000 + (share / REQUESTS_PER_SECOND_AT_LEAST) * 1000
const NO_LIMITS = { failedClientAuthenticationsPerMinute: 100_000, failedSignInsPerMinute: 100_000 }

describe.each(STORES)('fuzzed requests on %s', (kind) => {
  it.each(CONTRACT_NAMES)(
    `R16: whatever is sent to %s, no rule of an answer breaks (SEED=${SEED})`,
    { timeout },
    async (contract) => {
      const named = contract === 'standard' ? {} : { contract }
      const server = await startTestServer(kind, { ...named, rateLimits: NO_LIMITS })
      const onRound = (sent: number) => {
        if (process.env.FUZZ_REQUESTS) console.log(`${contract} on ${kind}: ${sent} of ${share}`)
      }
      try {
        const answers = await fuzz(server, { requests: share, seed: SEED, onRound })
        // Otherwise the good half of the requests was not good, and nothing was shown.
        expect(answers.get(200)).toBeGreaterThan(0)
        expect(answers.get(400)).toBeGreaterThan(0)
      } finally {
        await server.stop()
      }
    },
  )
})
