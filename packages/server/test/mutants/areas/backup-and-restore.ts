// What a restored database, and whoever follows its feed, must not be fooled about.

import { flows, STORE } from '../commands.ts'
import type { Area } from '../mutant.ts'

const FEED_ENDPOINT = 'server/src/endpoints/revocation-feed.ts'
const FEED = 'server/src/store/sql/feed.ts'

export const backupAndRestore: Area = {
  name: 'Backup and restore',
  mutants: [
    {
      name: 'the feed repeats a number that it never gave out',
      breaks: 'L3, R19',
      file: FEED_ENDPOINT,
      find: 'sequence: nextSequence ?? lastSequence,',
      replace: 'sequence: nextSequence ?? Number(after),',
      killedBy: flows('flows/revocation'),
    },
    {
      name: 'the feed says that nothing follows a full page',
      breaks: 'L3, R19',
      file: FEED_ENDPOINT,
      find: 'more: nextSequence !== undefined,',
      replace: 'more: false,',
      killedBy: flows('flows/revocation'),
    },
    {
      name: 'the last number of the feed is that of another tenant',
      breaks: 'C11',
      file: FEED,
      find: "(join) => join.on('numbers.tenant', '=', p.tenant)",
      replace: '(join) => join.onTrue()',
      killedBy: STORE,
    },
  ],
}
