// Mutants of who may change what: developers in the portal, legacy allowances, imports, rules for passwords.

import { contracts, flows, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const ACCESS = 'server/src/operations/developer-access.ts'
const ALLOWANCES = 'server/src/legacy/allowances.ts'
const IMPORT_CLIENTS = 'server/src/operations/import-clients.ts'
const CLIENT_INPUT = 'server/src/operations/client-input.ts'

const portal: readonly Mutant[] = [
  {
    name: 'a developer sees the apps of other organisations',
    breaks: 'C11, ASVS 8.2.2',
    file: ACCESS,
    find: 'organisations.find(({ id }) => id === found?.client.organisationId)',
    replace: 'organisations[0]',
    killedBy: unit('operations/developer-apps'),
  },
  {
    name: 'a developer registers an app for another organisation',
    breaks: 'C11, ASVS 8.2.2',
    file: 'server/src/operations/developer-apps.ts',
    find: 'return organisations.find(({ id }) => id === organisationId)',
    replace: 'return organisations.find(({ id }) => id !== undefined)',
    killedBy: unit('operations/developer-apps'),
  },
  {
    name: 'a developer changes apps of the product itself',
    breaks: 'C11',
    file: ACCESS,
    find: "party === 'third' && resourceServer === null",
    replace: 'resourceServer === null',
    killedBy: unit('operations/developer-apps'),
  },
  {
    name: 'a developer changes an app that the operator has disabled',
    breaks: 'C11',
    file: ACCESS,
    find: '  if (app.client.disabledAtSeconds !== null) throw noSuchApp(clientId)\n',
    replace: '',
    killedBy: unit('operations/developer-apps'),
  },
  {
    name: 'an app is deleted without proving again who is there',
    breaks: 'ASVS 7.5.1',
    file: 'server/src/portal/deletion.ts',
    find: '  freshSeconds: FRESH_SECONDS,\n',
    replace: '',
    killedBy: flows('flows/developer-apps'),
  },
  {
    name: 'an app is deleted without its name',
    breaks: 'ASVS 2.3.2',
    file: 'server/src/operations/developer-apps.ts',
    find: 'input.typedName.trim() !== name',
    replace: 'input.typedName.trim() === undefined',
    killedBy: unit('operations/developer-apps'),
  },
  {
    name: 'a form of another session is taken',
    breaks: 'D2',
    file: 'server/src/account/signed-in.ts',
    find: 'if (token?.session !== session.id) throw',
    replace: 'if (token === undefined || !session.id) throw',
    killedBy: flows('flows/connected-apps'),
  },
  {
    name: 'a new secret is shown to whoever has its cookie',
    breaks: 'C2, B19',
    file: 'server/src/portal/new-secret.ts',
    find: 'sealed?.clientId !== clientId || sealed.session !== account.session.id',
    replace: 'sealed?.clientId !== clientId || !account.session.id',
    killedBy: flows('flows/developer-apps'),
  },
  {
    name: 'an app without a secret is given one',
    breaks: 'C2, RFC 6749 §2.1',
    file: 'server/src/operations/client-secrets.ts',
    find: "if (client.type === 'public') {",
    replace: "if (client.type === 'public' && client.id === undefined) {",
    killedBy: unit('operations/client-secrets'),
  },
  {
    name: 'a user is no longer asked where an app is removed',
    breaks: 'D2',
    file: 'server/src/account/connected-apps.ts',
    find: 'await removeConnectedApp(readConnection(signedIn.incoming.params), contextOf(signedIn, deps))',
    replace: 'contextOf(signedIn, deps)',
    killedBy: flows('flows/connected-apps'),
  },
]

const allowances: readonly Mutant[] = [
  {
    name: 'a legacy allowance never ends',
    breaks: 'RFC 9700 §2',
    file: ALLOWANCES,
    find: "clock.nowSeconds() < granted.endsAtSeconds ? 'granted' : 'ended'",
    replace: "clock.nowSeconds() > 0 ? 'granted' : 'ended'",
    killedBy: unit('legacy/allowances'),
  },
  {
    name: 'an app has allowances that its contract does not know',
    breaks: 'RFC 9700 §2',
    file: ALLOWANCES,
    find: '!granted || tenant.rules.allowances[allowance] === undefined',
    replace: '!granted',
    killedBy: unit('legacy/allowances'),
  },
  {
    name: 'tokens live long without the allowance',
    breaks: 'RFC 9700 §2.2',
    file: ALLOWANCES,
    find: "  if (state !== 'granted') return LONGEST_ACCESS_TOKEN_SECONDS\n",
    replace: '',
    killedBy: unit('legacy/allowances'),
  },
  {
    name: 'parameters in a URL need no allowance',
    breaks: 'E10, RFC 6749 §2.3.1',
    file: 'server/src/endpoints/token.ts',
    find: "  if (request.inUrl) await spendAllowance('query-parameters', context, deps)\n",
    replace: '',
    killedBy: flows('flows/legacy-allowances'),
  },
  {
    name: 'an allowance is given for ever',
    breaks: 'RFC 9700 §2',
    file: 'server/src/operations/allowances.ts',
    find: 'endsAtSeconds > nowSeconds + LONGEST_SECONDS',
    replace: 'endsAtSeconds > nowSeconds + 1000 * LONGEST_SECONDS',
    killedBy: unit('operations/allowances'),
  },
]

const registrations: readonly Mutant[] = [
  {
    name: 'an app is imported with whatever its file says',
    breaks: 'A14, C5',
    file: IMPORT_CLIENTS,
    find: '      ...checkNewClient(toInput(values), tenant, grantTypes),\n',
    replace: '',
    killedBy: unit('operations/import-clients'),
  },
  {
    name: 'an app is imported with allowances that it may not have',
    breaks: 'RFC 9700 §2',
    file: IMPORT_CLIENTS,
    find: '      ...checkLegacy(values, context),\n',
    replace: '',
    killedBy: unit('operations/import-clients'),
  },
  {
    name: 'an imported secret is stored as it is',
    breaks: 'R11, ASVS 6.5.2',
    file: IMPORT_CLIENTS,
    find: "secret === '' ? readHash(hash) : sha256(secret)",
    replace: "secret === '' ? readHash(hash) : (secret as TokenHash)",
    killedBy: unit('operations/import-clients'),
  },
  {
    name: 'a user is imported with a password hash that nobody can check',
    breaks: 'ASVS 11.4.2',
    file: 'server/src/operations/import-users.ts',
    find: 'passwordHashProblem(hash)\n',
    replace: 'undefined\n',
    killedBy: unit('operations/import-users'),
  },
  {
    name: 'an app without a secret may do without PKCE',
    breaks: 'A6, RFC 9700 §2.1.1',
    file: CLIENT_INPUT,
    find: "    problems.push({ field: 'requirePkce', problem: 'cannot be off for a public app' })\n",
    replace: '',
    killedBy: unit('operations/clients'),
  },
  {
    name: 'an app without a secret may keep its refresh token',
    breaks: 'B1, RFC 9700 §4.14.2',
    file: CLIENT_INPUT,
    find: "    problems.push({ field: 'refreshPolicy', problem: 'must be rotate for a public app' })\n",
    replace: '',
    killedBy: unit('operations/clients'),
  },
  {
    name: 'an app of somebody else is registered for passwords',
    breaks: 'A22, RFC 9700 §2.4',
    file: CLIENT_INPUT,
    find: "offered.includes('password') && input.party !== 'first'",
    replace: "offered.includes('password') && input.party === undefined && input.name === ''",
    killedBy: contracts('contracts/json-api'),
  },
  {
    name: 'a short password is good enough',
    breaks: 'D7, ASVS 6.2.1',
    file: 'server/src/operations/password-policy.ts',
    find: 'if (length < MIN_CODE_POINTS) {',
    replace: 'if (length < MIN_CODE_POINTS - 8) {',
    killedBy: unit('operations/password-policy'),
  },
  {
    name: 'our own tokens can be exchanged for one another',
    breaks: 'B12, RFC 8725 §3.11',
    file: 'server/src/operations/trusted-issuers.ts',
    find: 'if (issuer === tenant.issuer) {',
    replace: 'if (issuer === tenant.name) {',
    killedBy: unit('operations/trusted-issuers'),
  },
]

export const operatorsAndDevelopers: Area = {
  name: 'Developers, operators and legacy allowances',
  mutants: [...portal, ...allowances, ...registrations],
}
