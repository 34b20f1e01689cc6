// ostiary session …

import type { Command } from 'commander'
import { endSession, listSessions, type SessionView } from '../operations/sessions.ts'
import { formatTime } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import type { List } from './list.ts'
import { tenantOption } from './tenant-option.ts'

export function addSessionCommands(program: Command, terminal: Terminal): void {
  const session = program.command('session').description('where users are signed in')
  addCommand<TenantOptions>(session, terminal, {
    usage: 'list <username>',
    description: 'list the browsers in which a user is signed in',
    options: tenantOption,
    run: (options, [username = '']) =>
      withTenant(options, terminal, (context) =>
        terminal.list(listSessions({ username }, context), SESSIONS, options),
      ),
  })
  addCommand<TenantOptions>(session, terminal, {
    usage: 'end <username> <session>',
    description: 'sign a user out of one browser; apps keep their access',
    options: tenantOption,
    run: async (options, [username = '', sessionId = '']) => {
      await withTenant(options, terminal, (context) => endSession({ username, sessionId }, context))
      return { data: { ended: sessionId }, text: `session ${sessionId} has ended` }
    },
  })
}

const SESSIONS: List<SessionView> = {
  name: 'sessions',
  none: 'not signed in anywhere',
  columns: [
    { title: 'SIGNED IN', value: ({ authTimeSeconds }) => formatTime(authTimeSeconds) },
    { title: 'LAST SEEN', value: ({ lastSeenAtSeconds }) => formatTime(lastSeenAtSeconds) },
    { title: 'ADDRESS', value: ({ address }) => address },
    { title: 'BROWSER', value: ({ userAgent }) => userAgent },
    { title: 'ID', value: ({ id }) => id },
  ],
}
