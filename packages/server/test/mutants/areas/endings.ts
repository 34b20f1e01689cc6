// Mutants of the tags that tokens carry, and of what ends with them.

import { flows, RESTORE, STORE, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const CURRENT_TAGS = 'server/src/store/sql/current-tags.ts'
const ENDINGS = 'server/src/store/sql/endings.ts'
const VOIDING = 'server/src/store/sql/voiding.ts'

const tags: readonly Mutant[] = [
  {
    name: 'a line that is there already keeps a key from being ended',
    breaks: 'L3',
    file: 'server/src/store/sql/endings.ts',
    find: '      .onConflict(replaceLine),\n',
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'a disabled app keeps its tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/clients.ts',
    find: '.set({ disabledAtSeconds: p.nowSeconds, tag: p.newTag })',
    replace: '.set({ disabledAtSeconds: p.nowSeconds })',
    killedBy: STORE,
  },
  {
    name: 'a disabled user keeps the tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/users.ts',
    find: '.set({ disabledAtSeconds: p.nowSeconds, tag: p.newTag })',
    replace: '.set({ disabledAtSeconds: p.nowSeconds })',
    killedBy: STORE,
  },
  {
    name: 'a user with another password keeps the tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/users.ts',
    find: '.set({ passwordHash: p.passwordHash, tag: p.newTag })',
    replace: '.set({ passwordHash: p.passwordHash })',
    killedBy: STORE,
  },
  {
    name: 'a suspended key keeps its tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/application-keys.ts',
    find: '.set({ suspendedAtSeconds: p.nowSeconds, tag: p.newTag })',
    replace: '.set({ suspendedAtSeconds: p.nowSeconds })',
    killedBy: STORE,
  },
  {
    name: 'a suspended issuer keeps its tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/trusted-issuers.ts',
    find: '.set({ suspendedAtSeconds: p.nowSeconds, tag: p.newTag })',
    replace: '.set({ suspendedAtSeconds: p.nowSeconds })',
    killedBy: STORE,
  },
  {
    name: 'what an app is given does not hang on its tag',
    breaks: 'security H6',
    file: CURRENT_TAGS,
    find: "return eb(current, '=', clientTag)",
    replace: "return eb(current, 'is not', null)",
    killedBy: STORE,
  },
  {
    name: 'what a user gives does not hang on the tag of the user',
    breaks: 'security H6',
    file: CURRENT_TAGS,
    find: "return eb(current, '=', userTag as RevocationTag)",
    replace: "return eb(current, 'is not', null)",
    killedBy: STORE,
  },
  {
    name: 'a key opens grants under a former tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/open-grant.ts',
    within: 'const holdKey',
    find: "\n    .where('tag', '=', p.clientTag)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'tokens carry no tag of their app',
    breaks: 'security H6',
    file: 'server/src/contracts/jwt-at.ts',
    find: 'rev: tellTags(facts)',
    replace: 'rev: tellTags({ ...facts, clientTag: null })',
    killedBy: unit('contracts/jwt-shapes'),
  },
  {
    name: 'a machine token carries a tag that nobody ends',
    breaks: 'security H6',
    file: 'server/src/grants/client-credentials.ts',
    find: 'clientTag: client.tag',
    replace: 'clientTag: client.id as never',
    killedBy: flows('flows/endings'),
  },
  {
    name: 'the line of a tag is bounded by a clock',
    breaks: 'security H6',
    file: ENDINGS,
    find: 'subject: tag, issuedUntilSeconds: FOR_EVER',
    replace: 'subject: tag, issuedUntilSeconds: nowSeconds',
    killedBy: STORE,
  },
  {
    name: 'a refresh token of a former tag is active until its grant has its turn',
    breaks: 'security H6',
    file: 'server/src/store/sql/refresh-tokens.ts',
    find: 'grant.revokedAtSeconds !== null || grant.isCurrent === 0',
    replace: 'grant.revokedAtSeconds !== null',
    killedBy: STORE,
  },
]

const endings: readonly Mutant[] = [
  {
    name: 'an ending forgets the grants that it could not end at once',
    breaks: 'security H8',
    file: ENDINGS,
    find: 'if (ended === GRANTS_AT_ONCE) yield* run(insertUnfinished, ending)',
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'an ending is held for finished after one more batch',
    breaks: 'security H8',
    file: ENDINGS,
    find: 'if (ended < limit) yield* finishWith',
    replace: 'if (ended <= limit) yield* finishWith',
    killedBy: STORE,
  },
  {
    name: 'an ending goes on for ever',
    breaks: 'security H8',
    file: ENDINGS,
    find: 'if (ended < limit) yield* finishWith',
    replace: 'if (ended < 0) yield* finishWith',
    killedBy: STORE,
  },
  {
    name: 'a batch ends grants of other users',
    breaks: 'C11',
    file: ENDINGS,
    find: ".where(sql.ref<string>(column), '=', p.subject)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'a token lives on until the grant of its removed identifier has its turn',
    breaks: 'security H6',
    file: VOIDING,
    find: "its('grants.accessIdentifierId', 'is not', null),",
    replace: "its('grants.accessIdentifierId', 'is', null),",
    killedBy: STORE,
  },
  {
    name: 'a list shows what has ended until its row says so',
    breaks: 'security H6',
    file: VOIDING,
    find: "    eb.exists(lineOf(tenant, 'client', clientTag)),\n",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'an upgrade forgets that tokens of before have no tag',
    breaks: 'security H6',
    file: 'server/src/store/sql/migrations/0007-feed-epoch.ts',
    find: 'const UNTAGGED_SECONDS = 86_400 + 3600',
    replace: 'const UNTAGGED_SECONDS = -2_000_000_000',
    killedBy: flows('flows/upgrade'),
  },
  {
    name: 'an upgrade gives the grants of a user another tag than the user',
    breaks: 'security H6',
    file: 'server/src/store/sql/migrations/0005-revocation-tags.ts',
    find: 'users.tenant = grants.tenant and users.id = user_id',
    replace: 'false',
    killedBy: flows('flows/upgrade'),
  },
  {
    name: 'an upgrade makes void the codes that wait for their redemption',
    breaks: 'DESIGN §12',
    file: 'server/src/store/sql/migrations/0011-codes-have-tags.ts',
    find: 'clients.tenant = codes.tenant and clients.id = client_id',
    replace: 'false',
    killedBy: flows('flows/upgrade'),
  },
  {
    name: 'a restore voids no token',
    breaks: 'R19',
    file: VOIDING,
    find: "\n    covers('tenant', ''),",
    replace: '',
    killedBy: RESTORE,
  },
]

export const endingsArea: Area = {
  name: 'Tags and endings',
  mutants: [...tags, ...endings],
}
