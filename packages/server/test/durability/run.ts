// Kills and restarts a server many times, for each workload on each store: `npm run durability -- 100`.

import { requestDatabase, startPostgresProcess } from '../support/postgres-process.ts'
import { createDeployment } from '../support/server-process.ts'
import { runKillRounds, type Workload } from './kill.ts'
import { WORKLOADS } from './workloads.ts'

const MOST_TOKENS = 1000

const rounds = Number(process.argv[2] ?? 20)
const killAfterTokens = Array.from({ length: rounds }, (_, round) =>
  Math.ceil((MOST_TOKENS * (round + 1)) / rounds),
)
const postgres = await startPostgresProcess()
let lost = 0
try {
  for (const workload of WORKLOADS) {
    lost += await run(workload, 'SQLite')
    lost += await run(workload, { url: await requestDatabase(postgres.dispenser) })
  }
} finally {
  await postgres.stop()
}
process.exitCode = lost === 0 ? 0 : 1

/** @returns how much was lost */
async function run(workload: Workload, database: { url: string } | 'SQLite'): Promise<number> {
  const deployment = await createDeployment(
    database === 'SQLite' ? 'sqlite' : database,
    workload.deployment,
  )
  const store = database === 'SQLite' ? database : 'PostgreSQL'
  let acknowledged = 0
  const lost: string[] = []
  try {
    for await (const report of runKillRounds(deployment, { workload, killAfterTokens })) {
      acknowledged += report.acknowledged
      lost.push(...report.lost)
    }
  } finally {
    await deployment.remove()
  }
  const counts = `${rounds} kills, ${acknowledged} acknowledged tokens, ${lost.length} lost`
  process.stdout.write(`${workload.name} on ${store}: ${counts}\n`)
  for (const what of new Set(lost)) process.stdout.write(`  ${what}\n`)
  return lost.length
}
