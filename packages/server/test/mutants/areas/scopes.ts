// Mutants of scopes: what an app means when it names none, what was taken from it since, and what its answers say.

import { contracts, flows, unit } from '../commands.ts'
import type { Area } from '../mutant.ts'

const RESPONSES = 'server/src/contracts/oauth-responses.ts'
const CHOOSE = 'server/src/tokens/choose-scopes.ts'
const IN_ANSWERS = contracts('contracts/scope-in-answer')
const CHOSEN = unit('tokens/choose-scopes')
const WITHDRAWN = flows('flows/withdrawn-scopes')

export const scopes: Area = {
  name: 'Scopes, and what answers say of them',
  mutants: [
    {
      name: 'an answer names its scope although it is the one that was asked for',
      breaks: 'json-api K, financial-cents K',
      file: RESPONSES,
      find: 'return scopeDiffers ? {',
      replace: 'return scopeDiffers !== undefined ? {',
      killedBy: IN_ANSWERS,
    },
    {
      name: 'an answer never names a scope that is another',
      breaks: 'RFC 6749 §5.1',
      file: RESPONSES,
      find: 'return scopeDiffers ? {',
      replace: 'return scopeDiffers === undefined ? {',
      killedBy: IN_ANSWERS,
    },
    {
      name: 'an app is not told that it was allowed less',
      breaks: 'RFC 6749 §5.1',
      file: 'server/src/authorize/give.ts',
      find: '!sameScopes(grant.scopes, request.askedScopes ?? request.scopes)',
      replace: '!sameScopes(grant.scopes, grant.scopes)',
      killedBy: IN_ANSWERS,
    },
    {
      name: 'an app is not told what was taken from its code',
      breaks: 'RFC 6749 §5.1',
      file: 'server/src/grants/authorization-code.ts',
      find: 'code.scopeDiffers || !sameScopes(covered.scopes, code.scopes)',
      replace: 'code.scopeDiffers',
      killedBy: IN_ANSWERS,
    },
    {
      name: 'an app is not told at a refresh what was taken from it',
      breaks: 'RFC 6749 §5.1',
      file: 'server/src/grants/refresh-token.ts',
      find: '!sameScopes(covered.scopes, request.scopes ?? found.grant.scopes)',
      replace: '!sameScopes(covered.scopes, covered.scopes)',
      killedBy: IN_ANSWERS,
    },
    {
      name: 'an app that names no scopes means those of every API',
      breaks: 'RFC 8707 §2.2',
      file: CHOOSE,
      find: 'defaultScopes: scopesAt(audience, defaults, tenant)',
      replace:
        'defaultScopes: audience.length > 0 ? defaults : scopesAt(audience, defaults, tenant)',
      killedBy: CHOSEN,
    },
    {
      name: 'default scopes that an operator has chosen are passed over',
      breaks: 'RFC 6749 §3.3',
      file: CHOOSE,
      within: 'export function registeredAt',
      find: 'defaultScopes.length > 0 ? defaultScopes : scopes',
      replace: 'scopes',
      killedBy: CHOSEN,
    },
    {
      name: 'introspection shows a scope that was taken from the app',
      breaks: 'B5',
      file: 'server/src/endpoints/introspect.ts',
      find: 'found.grant.scopes.filter((scope) => caller.scopes.includes(scope))',
      replace: 'found.grant.scopes.filter((scope) => scope !== caller.id)',
      killedBy: WITHDRAWN,
    },
    {
      name: 'introspection calls a refresh token good that gives nothing any more',
      breaks: 'B5',
      file: 'server/src/endpoints/introspect.ts',
      find: '  if (scopes.length === 0 && found.grant.scopes.length > 0) return INACTIVE\n',
      replace: '',
      killedBy: WITHDRAWN,
    },
    {
      name: 'users are shown a scope that was taken from the app',
      breaks: 'B5',
      file: 'server/src/operations/connected-apps.ts',
      find: 'scopes.filter((scope) => found.client.scopes.includes(scope))',
      replace: "scopes.filter((scope) => scope !== '')",
      killedBy: WITHDRAWN,
    },
    {
      name: 'a grant of which nothing is left gives tokens without scopes',
      breaks: 'B5',
      file: 'server/src/grants/narrow.ts',
      within: 'export function stillAllowed',
      find: "  if (scopes.length === 0) throw new OAuthError('scope_not_granted')\n",
      replace: '',
      killedBy: WITHDRAWN,
    },
  ],
}
