// What came out of a run, as a table for the terminal and as the page docs/nemesis.md.

import { availableParallelism, cpus, totalmem } from 'node:os'
import { LAWS } from './laws.ts'
import type { Outcome } from './session.ts'

export interface RunFacts {
  readonly seed: number
  readonly minutes: number
  readonly date: string
}

const STORE_NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const

export function verdictOf({ skipped, failures }: Outcome): string {
  if (skipped !== undefined) return `not run: ${skipped}`
  return failures.length === 0 ? 'holds' : 'BROKEN'
}

export function renderTable(outcomes: readonly Outcome[]): string {
  const head = ['goal', 'store', 'rounds', 'calls', 'violations', 'verdict', 'measured']
  const rows = outcomes.map((outcome) => {
    const { goal, store, rounds, operations, failures, notes } = outcome
    const counts = [rounds, operations, failures.length].map(String)
    return [goal, STORE_NAMES[store], ...counts, verdictOf(outcome), notes.join('; ')]
  })
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function renderPage(outcomes: readonly Outcome[], facts: RunFacts): string {
  const claims = new Map(outcomes.map(({ goal, claim }) => [goal, claim]))
  const failures = outcomes.flatMap((outcome) =>
    outcome.failures.map((each) => `- ${outcome.goal} on ${STORE_NAMES[outcome.store]}: ${each}`),
  )
  return `${PREFACE}
## The latest run

${facts.date}, seed ${facts.seed}, up to ${facts.minutes} minutes for each line, Node ${process.versions.node} on
${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}.

${renderTable(outcomes)}

${failures.length === 0 ? 'No law was broken, and no goal missed.' : `What was broken or missed:\n\n${failures.join('\n')}`}

The goals:

| goal | says |
| --- | --- |
${[...claims].map(([goal, claim]) => `| ${goal} | ${claim} |`).join('\n')}
`
}

const PREFACE = `# Nemesis

\`npm run nemesis\` does to running servers what happens to servers: it kills them, stops their database, fills their
disk, sets their clocks wrong, holds their connections, asks for more than they can do. All the while callers ask for
tokens, refresh them, use codes twice, end grants and sign out, over HTTP and as any app would. Every call is written
down with its start, its end and what came of it; afterwards the whole history is held against five laws.

| law | says |
| --- | --- |
${Object.entries(LAWS)
  .map(([law, says]) => `| ${law} | ${says} |`)
  .join('\n')}

A call that got no answer, or a 503, has an unknown outcome: it may have happened or not, until another call shows
which; from then on it is one of the two. (A server that [turns requests away](guides/monitoring.md#what-a-503-has-done)
has done nothing, but a caller cannot tell that from a database that fell silent.) \`packages/server/test/nemesis/laws.ts\` is the judge, a pure function; its
test shows each law a history that breaks it.

## Running it

| command | does |
| --- | --- |
| \`npm run nemesis\` | every scenario on both stores, a minute each; prints the seed and the table below |
| \`npm run nemesis -- --minutes 10\` | the same for longer: each goes on until its goal is reached or the time is over |
| \`npm run nemesis -- --only R8 --store sqlite\` | one goal, one store |
| \`npm run nemesis -- --seed 4711\` | the same callers with the same intentions; what the machine makes of them differs |
| \`npm run nemesis -- --replay <file>\` | judges a saved history again |
| \`npm run nemesis -- --write\` | writes this page |

A history that breaks a law is saved, and beside it what the servers said; the path stands in the output. A short form
runs with \`npm test\`. It needs Linux. What a machine does not allow (mounting a small file system, tracing system
calls) is left out, and the table says so.

## How the faults are made

- **R1** SIGKILL at a random moment of up to two seconds under 16 callers, of three contracts; then every acknowledged
  token is asked about and everything that was used is shown again.
- **R2** Under strace, an answer with a token must come after the flush of its commit, and a copy of the database from
  which everything is missing that was not flushed when an answer came must still know the token.
- **R3, R4** One code, or one refresh token, by many callers at once over three processes.
- **R6** PostgreSQL with a synchronous standby; the primary is killed, the standby promoted. See
  [what an operator does](#losing-the-primary).
- **R7** SIGSTOP to every process of PostgreSQL.
- **R8** The database lies on a file system of a few megabytes that is filled up; where none may be mounted, the server's
  files are kept from growing (RLIMIT_FSIZE). A full disk may end PostgreSQL itself; then it is started again after
  there is room, and Ostiary is not.
- **R9** The clock of one or of all processes jumps by a second or an hour, forwards and back, also across a restart.
  What merely expired under a clock that was ahead may be good again when the clock is set right; what was used or
  ended may not.
- **R14** Sockets that send a header or a body byte by byte, or never read what they asked for.
- **R15** Five times the passwords that can be checked, and five times the machines that there is room for.
- **R17** Work at an even pace; memory, descriptors and the size of the database are watched.
- **R19** Tokens, sessions, secrets, apps and users are ended at one of three processes, or beside them, and asked about
  at all.
- **R21** A backup is made of a server at work. Then users sign in, refresh, revoke and remove apps, and an operator disables
  one user and an app and gives another user a password. The server is stopped, restored in each way that
  [the guide](guides/backup-and-restore.md#restore) knows, and started again, while callers go on asking. Everything
  ever given is then shown to it, to an API that ran all along and to one that is new. On PostgreSQL the backup is a copy
  of the stopped database, since there is no \`pg_dump\` beside it.
- **R22** The lifetime of access tokens is lowered from an hour to a minute, and the servers are replaced one after the
  other under load. Then all clocks go half an hour ahead, and the servers are replaced again.

R12 is shown by \`packages/server/test/cluster\`, R16 by \`npm run fuzz\`.

## Losing the primary

Node's driver knows one address of a database, so that address must lead to whichever server is the primary: a virtual
address, a name that moves, or a proxy such as HAProxy or PgBouncer, moved by what promotes the standby (Patroni,
repmgr). Ostiary needs no restart: its connections break, it answers 503 with \`Retry-After\`, and it opens new ones until
one of them can write. Without \`synchronous_standby_names\` what was acknowledged last may be lost with the primary.
`
