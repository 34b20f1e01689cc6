// Mutants of what keeps a server upright: admission, connections, deadlines, and what it says of faults.

import { flows, STORE, unit } from '../commands.ts'
import type { Area, TestCommand } from '../mutant.ts'

const PIPELINES = 'server/src/http/pipelines.ts'
const CONNECTIONS = 'server/src/http/connections.ts'
const ADMISSION = 'server/src/http/admission.ts'
const DEADLINE = 'server/src/platform/deadline.ts'
const SQLITE = 'server/src/store/sql/sqlite.ts'
const ON_POSTGRES: TestCommand = {
  project: 'store',
  files: ['store/postgres.test'],
  names: 'trouble with the database',
}
const REPEATED = 'server/src/platform/repeated-lines.ts'

export const loadAndFaults: Area = {
  name: 'Load and faults',
  mutants: [
    {
      name: 'requests of one connection are begun at once',
      breaks: 'R14',
      file: PIPELINES,
      find: 'if (!line.isBusy) {',
      replace: 'if (line.waiting.length === 0) {',
      killedBy: flows('flows/connections'),
    },
    {
      name: 'any number of requests may wait on a connection',
      breaks: 'R14',
      file: PIPELINES,
      find: 'line.waiting.length < MOST_WAITING_OF_CONNECTION && waitingInAll < MOST_WAITING',
      replace: 'line.waiting.length >= 0',
      killedBy: flows('flows/connections'),
    },
    {
      name: 'there may be any number of connections',
      breaks: 'R14',
      file: CONNECTIONS,
      find: '      http.maxConnections = maxConnections\n',
      replace: '',
      killedBy: flows('flows/connections'),
    },
    {
      name: 'idle connections keep their places from others',
      breaks: 'R14',
      file: CONNECTIONS,
      find: '    if (open > maxConnections * NEARLY_ALL) makeRoom(now)\n',
      replace: '',
      killedBy: flows('flows/connections'),
    },
    {
      name: 'a connection that is used makes room for others',
      breaks: 'R14',
      file: CONNECTIONS,
      find: '        busy: becomeBusy,',
      replace: '        busy: () => undefined,',
      killedBy: flows('flows/connections'),
    },
    {
      name: 'what is beside the tenants is let in however much there is to do',
      breaks: 'R15',
      file: ADMISSION,
      find: 'if (isHealth) return proceed()',
      replace: 'if (isHealth || turnAway === turnAwayPlainly) return proceed()',
      killedBy: flows('flows/admission'),
    },
    {
      name: 'a request keeps its place after its answer',
      breaks: 'R15',
      file: ADMISSION,
      find: '    if (request.isAdmitted) admission.leave()\n',
      replace: '',
      killedBy: flows('flows/admission'),
    },
    {
      name: 'a fault fills the log',
      breaks: 'R8',
      file: REPEATED,
      find: '      if (known) {',
      replace: '      if (known && false) {',
      killedBy: unit('platform/repeated-lines'),
    },
    {
      name: 'one fault hides another',
      breaks: 'R8',
      file: REPEATED,
      find: 'JSON.stringify([words, names, faultOf(fields)])',
      replace: 'JSON.stringify([words])',
      killedBy: unit('platform/repeated-lines'),
    },
    {
      name: 'kinds of faults fill the memory',
      breaks: 'R8',
      file: REPEATED,
      find: 'if (kinds.size < MOST_KINDS) {',
      replace: 'if (kinds.size >= 0) {',
      killedBy: unit('platform/repeated-lines'),
    },
    {
      name: 'each call of a request has a time of its own',
      breaks: 'R7',
      file: DEADLINE,
      find: '    current.run(this, work)',
      replace: '    work()',
      killedBy: unit('platform/deadline'),
    },
    {
      name: 'a request whose turn does not come waits for ever',
      breaks: 'R15',
      file: 'server/src/platform/queue.ts',
      find: 'await waitFor(turn)',
      replace: 'await turn',
      killedBy: unit('platform/queue'),
    },
    {
      name: 'a place in a queue that was given up is lost',
      breaks: 'R15',
      file: 'server/src/platform/queue.ts',
      find: '      else waiting.splice(place, 1)\n',
      replace: '',
      killedBy: unit('platform/queue'),
    },
    {
      name: 'what several requests wait for is given up with the first of them',
      breaks: 'R7',
      file: 'server/src/platform/fresh.ts',
      find: 'value: apart(read)',
      replace: 'value: read()',
      killedBy: unit('platform/fresh'),
    },
    {
      name: 'a deadline outlives its answer',
      breaks: 'R7',
      file: DEADLINE,
      find: '    this.#isOver = true\n',
      replace: '',
      killedBy: unit('platform/deadline'),
    },
    {
      name: 'requests have no deadline',
      breaks: 'R7',
      file: 'server/src/http/deadlines.ts',
      find: 'request.deadline.govern(proceed)',
      replace: 'proceed()',
      killedBy: flows('flows/deadline'),
    },
    {
      name: 'patience with another process that writes is counted in looks',
      breaks: 'R7',
      file: SQLITE,
      find: 'const now = monotonicClock.nowMilliseconds()\n    if (this.#busy',
      replace: 'const now = (this.#busy?.lastMilliseconds ?? 0) + 1\n    if (this.#busy',
      killedBy: STORE,
    },
    {
      name: 'a write waits for longer than its request has time',
      breaks: 'R7',
      file: SQLITE,
      find: 'isOver || untilMilliseconds <= now',
      replace: 'isOver',
      killedBy: STORE,
    },
    {
      name: 'everybody waits anew for a process that holds the database',
      breaks: 'R7',
      file: SQLITE,
      find: 'now - this.#busy.lastMilliseconds > SILENT_MILLISECONDS',
      replace: 'now - this.#busy.lastMilliseconds >= 0',
      killedBy: STORE,
    },
    {
      name: 'a time-out of the server is no reason to turn others away',
      breaks: 'R7',
      file: 'server/src/store/sql/postgres-errors.ts',
      find: "new Set(['57014', '55P03', '40P01', '40001'])",
      replace: 'new Set()',
      killedBy: ON_POSTGRES,
    },
    {
      name: 'a statement that lost a deadlock is not run again',
      breaks: 'R7',
      file: 'server/src/store/sql/postgres.ts',
      find: 'if (!isConflict(error) || attempt === ATTEMPTS) throw error',
      replace: 'if (attempt > 0) throw error',
      killedBy: ON_POSTGRES,
    },
    {
      name: 'a connection that was given up on is given to the next',
      breaks: 'R7',
      file: 'server/src/store/sql/postgres.ts',
      find: '      client.release(broken)',
      replace: '      client.release()',
      killedBy: ON_POSTGRES,
    },
  ],
}
