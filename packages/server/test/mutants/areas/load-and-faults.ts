// Mutants of what keeps a server upright: admission, connections, deadlines, and what it says of faults.

import { flows, unit } from '../commands.ts'
import type { Area } from '../mutant.ts'

const PIPELINES = 'server/src/http/pipelines.ts'
const CONNECTIONS = 'server/src/http/connections.ts'
const ADMISSION = 'server/src/http/admission.ts'
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
  ],
}
