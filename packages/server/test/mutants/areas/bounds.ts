// Mutants of what bounds the rows that one user, app or stranger can make, and the lists that are read of them.

import { attacks, flows, STORE, unit } from '../commands.ts'
import type { Area } from '../mutant.ts'

const CODES = 'server/src/store/sql/codes.ts'
const REFRESH_GRANT = 'server/src/grants/refresh-token.ts'
const REVOKE = 'server/src/endpoints/revoke.ts'
const MACHINES = { ...flows('flows/machine-revocations'), names: '^(?!.*postgres)' }
const REVOCATIONS = 'server/src/store/sql/revocations.ts'

export const bounds: Area = {
  name: 'Bounds of what is kept and listed',
  mutants: [
    {
      name: 'a part of a list begins where the list does',
      breaks: 'house L4',
      file: 'server/src/store/sql/page.ts',
      find: "afterId: after?.id ?? ''",
      replace: "afterId: ''",
      killedBy: STORE,
    },
    {
      name: 'whoever asks for a list gets all of it',
      breaks: 'house L4, security H8',
      file: 'server/src/store/sql/page.ts',
      find: '{ limit: MOST_LISTED }',
      replace: '{ limit: 1_000_000 * MOST_LISTED }',
      killedBy: STORE,
    },
    {
      name: 'an app far down the list has no web origin',
      breaks: 'house L4, E8',
      file: 'server/src/store/walk.ts',
      find: 'if (items.length < MOST_LISTED) return',
      replace: 'if (items.length > 0) return',
      killedBy: unit('client-auth/origins'),
    },
    {
      name: 'a user has grants of one app without end, by codes',
      breaks: 'security H8',
      file: CODES,
      find: '  if (spent.beyond !== null) yield* endOldest({ ...spent, nowSeconds: input.nowSeconds })\n',
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'a user has grants of one app without end, by access tokens',
      breaks: 'security H8',
      file: 'server/src/store/sql/grants.ts',
      find: "  if (given.kind === 'token') yield* makeRoomFor(given.grant)\n",
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'a user has grants of one app without end, by passwords',
      breaks: 'security H8',
      file: 'server/src/store/sql/open-grant.ts',
      find: "  if (guard.kind === 'password') yield* makeRoomFor(grant)\n",
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'the grants of another app make room',
      breaks: 'security H8',
      file: 'server/src/store/sql/bound-grants.ts',
      find: "    .where('others.clientId', '=', p.clientId)\n",
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'a grant that is over is told to the APIs',
      breaks: 'security H8',
      file: REVOCATIONS,
      within: 'const endGrantsToClient ',
      find: "    .where('endsAtSeconds', '>', shortlyBefore(p.nowSeconds))\n",
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'an access token outlives its grant',
      breaks: 'security H8',
      file: REFRESH_GRANT,
      find: 'Math.max(1, token.endsAtSeconds - clock.nowSeconds()),',
      replace: 'Infinity,',
      killedBy: flows('flows/refresh-token'),
    },
    {
      name: 'an app gets codes without end for a user who is not asked',
      breaks: 'security H8',
      file: 'server/src/endpoints/authorize.ts',
      find: '        if (interaction.account === undefined) countSilent(request, decision.account)\n',
      replace: '',
      killedBy: { ...attacks('attacks/codes'), names: '^(?!.*postgres)' },
    },
    {
      name: 'the codes of one app count against another',
      breaks: 'security H8',
      file: 'server/src/authorize/silent-limit.ts',
      find: ', request.client.id]',
      replace: ']',
      killedBy: { ...attacks('attacks/codes'), names: '^(?!.*postgres)' },
    },
    {
      name: 'strangers are counted as calls of an app',
      breaks: 'security L5',
      file: 'server/src/http/api-version.ts',
      find: " || answer.kind !== 'authorization'",
      replace: '',
      killedBy: { ...flows('flows/api-versions'), names: '^(?!.*postgres)' },
    },
    {
      name: 'one user who comes again makes an app suspect',
      breaks: 'security L5, A9',
      file: 'server/src/authorize/constant-challenge.ts',
      find: 'users.add(userId)',
      replace: 'users.add(requestId as UserId)',
      killedBy: { ...attacks('attacks/codes'), names: '^(?!.*postgres)' },
    },
    {
      name: 'one app fills the feed with tokens of its own',
      breaks: 'security M3, E20',
      file: REVOCATIONS,
      find: "    if ('spentForSeconds' in counted) return counted\n",
      replace: '',
      killedBy: STORE,
    },
    {
      name: 'what people allowed fills the allowance of the feed',
      breaks: 'security M3',
      file: REVOCATIONS,
      find: 'const alone = ended === undefined ? input.machineToken : undefined',
      replace: 'const alone = input.machineToken',
      killedBy: STORE,
    },
    {
      name: 'a token that is in the feed is counted again',
      breaks: 'security M3',
      file: REVOCATIONS,
      find: 'if (ended === undefined && (yield* first(selectTraces, input)) !== undefined)',
      replace:
        'if (input.machineToken) yield* countFailure({ ...input, ...input.machineToken })\n  if (ended === undefined && (yield* first(selectTraces, input)) !== undefined)',
      killedBy: STORE,
    },
    {
      name: 'what people allowed waits for the allowance of the feed',
      breaks: 'security M3',
      file: REVOKE,
      find: 'userId === null ? {',
      replace: 'userId !== undefined ? {',
      killedBy: MACHINES,
    },
    {
      name: 'all apps share one allowance of the feed',
      breaks: 'security M3',
      file: REVOKE,
      find: 'slot: clientId,',
      replace: "slot: 'all',",
      killedBy: MACHINES,
    },
    {
      name: 'an app is told that a token ended that the feed has no room for',
      breaks: 'security M3',
      file: REVOKE,
      find: "  if (typeof outcome === 'object') refuseWhile(outcome.spentForSeconds)\n",
      replace: '',
      killedBy: MACHINES,
    },
    {
      name: 'who has filled the feed takes numbers of it all the same',
      breaks: 'security M3',
      file: REVOKE,
      find: '  if (machineToken) refuseWhile(await deps.guesses.waitOf(machineToken.allowance))\n',
      replace: '',
      killedBy: MACHINES,
    },
  ],
}
