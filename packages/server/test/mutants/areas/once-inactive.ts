// What makes active again what was inactive once: each is noticed from the outside, by a sequence of what can happen.

import { ONCE_INACTIVE, ONCE_INACTIVE_FOUND } from '../commands.ts'
import type { Area } from '../mutant.ts'

const ENDINGS = 'server/src/store/sql/endings.ts'

export const onceInactive: Area = {
  name: 'Once inactive, never active again',
  mutants: [
    {
      name: 'what outlives tokens goes by the shortest lifetime that a policy has had',
      breaks: 'security H4',
      file: 'server/src/protocol/token-lifetime.ts',
      find: 'return nowSeconds + MAX_ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS',
      replace: 'return nowSeconds + 600 + CLOCK_TOLERANCE_SECONDS',
      killedBy: ONCE_INACTIVE,
    },
    {
      name: 'a node whose clock is ahead gives tokens that outlive their app',
      breaks: 'security H6',
      file: ENDINGS,
      find: 'subject: tag, issuedUntilSeconds: FOR_EVER',
      replace: 'subject: tag, issuedUntilSeconds: nowSeconds',
      killedBy: ONCE_INACTIVE,
    },
    {
      name: 'a key that is resumed gives tokens under the tag that was ended',
      breaks: 'security H6',
      file: 'server/src/store/sql/application-keys.ts',
      find: '.set({ suspendedAtSeconds: p.nowSeconds, tag: p.newTag })',
      replace: '.set({ suspendedAtSeconds: p.nowSeconds })',
      killedBy: ONCE_INACTIVE,
    },
    {
      name: 'an API goes on reading where it was, whatever the epoch',
      breaks: 'security M5',
      file: 'resource/src/revocation-feed.ts',
      find: 'return this.#sequence > 0 && !isSame',
      replace: 'return false',
      killedBy: ONCE_INACTIVE_FOUND,
    },
    {
      name: 'the clean-up forgets that a refresh token was spent',
      breaks: 'RFC 9700 §4.14.2',
      file: 'server/src/store/sql/clean-up.ts',
      find: '(p) => sql`ends_at_seconds /',
      replace: '(p) => sql`rotated_at_seconds is not null or ends_at_seconds /',
      killedBy: ONCE_INACTIVE_FOUND,
    },
    {
      name: 'the clean-up drops lines of the feed while tokens that they are about live',
      breaks: 'security H4',
      file: 'server/src/store/sql/clean-up.ts',
      find: "['tenant', 'kind', 'subject'],\n    (p) => sql`expires_at_seconds <=",
      replace: "['tenant', 'kind', 'subject'],\n    (p) => sql`expires_at_seconds - 90000 <=",
      killedBy: ONCE_INACTIVE,
    },
    {
      name: 'the line of a restore is about no token',
      breaks: 'security M5',
      file: 'server/src/store/sql/restore.ts',
      find: 'nowSeconds: issuedUntilSeconds,',
      replace: 'nowSeconds: 0,',
      killedBy: ONCE_INACTIVE,
    },
    {
      name: 'a restore takes no notice of another one since the backup',
      breaks: 'security M5',
      file: 'server/src/operations/restore.ts',
      find: "[...later.values()].some(wasRestored) ? 'all' : wanted",
      replace: 'wanted',
      killedBy: ONCE_INACTIVE_FOUND,
    },
  ],
}
