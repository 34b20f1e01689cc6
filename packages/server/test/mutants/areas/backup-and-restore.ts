// What a restored database, and whoever follows its feed, must not be fooled about.

import { flows, STORE, unit } from '../commands.ts'
import type { Area, TestCommand } from '../mutant.ts'

const FEED_ENDPOINT = 'server/src/endpoints/revocation-feed.ts'
const FEED = 'server/src/store/sql/feed.ts'
const RESTORE = 'server/src/store/sql/restore.ts'
const LATER = 'server/src/cli/feed/later-revocations.ts'
const COPY = 'server/src/cli/feed/feed-copy.ts'
const SQLITE_COPY = 'server/src/store/sql/sqlite-copy.ts'

const RESTORING: TestCommand = {
  ...{ project: 'store', files: ['store/restore.test'] },
  names: '^(?!.*on postgres)',
}

const commanding = (names: string): TestCommand => ({
  ...flows('flows/backup-and-restore'),
  names,
})

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
    {
      name: 'a restore goes on in the old epoch',
      breaks: 'L3, R19',
      file: RESTORE,
      find: '  yield* run(renewEpoch, { epoch })\n',
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a restore makes access tokens good again',
      breaks: 'R19',
      file: RESTORE,
      find: "kind: 'tenant',",
      replace: "kind: 'grant',",
      killedBy: RESTORING,
    },
    {
      name: 'a sign-out is undone by a restore',
      breaks: 'D4',
      file: RESTORE,
      find: '  yield* run(deleteSessions, {})\n',
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a code is redeemed again after a restore',
      breaks: 'A3, RFC 6749 §4.1.2',
      file: RESTORE,
      find: '  yield* run(deleteCodes, {})\n',
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a restore leaves a grant that was ended since',
      breaks: 'R19',
      file: RESTORE,
      find: '    yield* run(grants, { tenant, nowSeconds, id })\n',
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a restore leaves consents that were taken back since',
      breaks: 'R19',
      file: RESTORE,
      find: '    yield* run(consents, { tenant, nowSeconds, id })\n',
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a restore that ends all grants ends none',
      breaks: 'R19',
      file: RESTORE,
      find: '      yield* run(endAllGrants, { tenant, nowSeconds })\n',
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a refresh token that was spent since is good again',
      breaks: 'A3, RFC 9700 §4.14.2',
      file: RESTORE,
      find: "    if (ends === 'rotating') yield* run(endRotatingGrants, { tenant, nowSeconds })\n",
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a restore takes every token of an app with stable ones for stable',
      breaks: 'A3, RFC 9700 §4.14.2',
      file: RESTORE,
      find: "            .on(sql.ref<number>('refreshTokens.clientAuthenticated'), '=', sql.lit(1)),\n",
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'a restore takes every refresh token for stable',
      breaks: 'A3, RFC 9700 §4.14.2',
      file: RESTORE,
      find: "            .on('clients.refreshPolicy', '=', 'stable')\n",
      replace: '',
      killedBy: RESTORING,
    },
    {
      name: 'what may have been spent is good again though nobody accepted it',
      breaks: 'A3, RFC 9700 §4.14.2',
      file: 'server/src/cli/restore-command.ts',
      find: "return acceptLostRevocations ? 'named' : 'rotating'",
      replace: "return 'named'",
      killedBy: commanding('on sqlite with a copy of the feed'),
    },
    {
      name: 'a database is replaced under a running server',
      breaks: 'R19',
      file: SQLITE_COPY,
      find: 'pragma locking_mode = exclusive; begin exclusive; commit',
      replace: 'begin exclusive; commit',
      killedBy: RESTORING,
    },
    {
      name: 'the copy of the feed of another database is believed',
      breaks: 'R19',
      file: LATER,
      find: "  if (first === -1) throw refusal(path, 'is not of the database that the backup was made of')\n",
      replace: '',
      killedBy: unit('cli/feed'),
    },
    {
      name: 'a copy of the feed that ends before the backup is believed',
      breaks: 'R19',
      file: LATER,
      find: 'known.lastSequence < backupSequence',
      replace: 'known.lastSequence < 0',
      killedBy: unit('cli/feed'),
    },
    {
      name: 'a copy of the feed with a gap is believed',
      breaks: 'R19',
      file: LATER,
      find: 'if (isIncomplete)',
      replace: 'if (!since)',
      killedBy: unit('cli/feed'),
    },
    {
      name: 'a copy of the feed forgets that it forgot',
      breaks: 'R19',
      file: COPY,
      find: 'Math.max(page.completeAfter, forgotten.get(page.epoch) ?? 0)',
      replace: 'page.completeAfter',
      killedBy: unit('cli/feed'),
    },
    {
      name: 'two followers write one copy of the feed',
      breaks: 'R19',
      file: 'server/src/cli/feed-commands.ts',
      find: 'const release = await holdCopy(file)',
      replace: 'const release = () => holdCopy',
      killedBy: commanding('has one follower'),
    },
    {
      name: 'what was ended after the next restore is not ended again',
      breaks: 'R19',
      file: LATER,
      find: 'epoch !== backup.epoch || sequence > backupSequence',
      replace: 'epoch === backup.epoch && sequence > backupSequence',
      killedBy: unit('cli/feed'),
    },
  ],
}
