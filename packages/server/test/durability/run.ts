// Kills and restarts a server on SQLite many times: `npm run durability -- 100`.

import { createDeployment } from '../support/server-process.ts'
import { runKillRound } from './kill.ts'

const MOST_TOKENS = 1000

const rounds = Number(process.argv[2] ?? 20)
const deployment = await createDeployment('sqlite', { accessToken: { format: 'opaque' } })
let acknowledged = 0
let lost = 0
let loggedOut = 0
try {
  for (let round = 1; round <= rounds; round += 1) {
    const killAfterTokens = Math.ceil((MOST_TOKENS * round) / rounds)
    const report = await runKillRound(deployment, killAfterTokens)
    acknowledged += report.acknowledged
    lost += report.lost.length
    loggedOut += report.loggedOut
    process.stdout.write(`round ${round}: killed after ${report.acknowledged} tokens\n`)
  }
} finally {
  await deployment.remove()
}
process.stdout.write(
  `${acknowledged} acknowledged tokens, ${lost} lost, ${loggedOut} users logged out\n`,
)
process.exitCode = lost + loggedOut === 0 ? 0 : 1
