// Mutants of what bounds the rows that one user, app or stranger can make, and the lists that are read of them.

import { attacks, flows, STORE, unit } from '../commands.ts'
import type { Area } from '../mutant.ts'

const CODES = 'server/src/store/sql/codes.ts'
const REFRESH_GRANT = 'server/src/grants/refresh-token.ts'
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
  ],
}
