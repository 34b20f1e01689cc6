// Mutants of what faces browsers: forms, cookies, headers, sessions, passwords.

import { attacks, flows, SIGN_IN_ATTACKS, STORE, unit } from '../commands.ts'
import type { Area, Mutant } from '../mutant.ts'

const CSRF = 'server/src/http/csrf.ts'
const COOKIES = 'server/src/http/cookies.ts'
const HEADERS = 'server/src/http/headers.ts'
const POLICY = 'server/src/ui/content-security-policy.ts'
const SESSIONS = 'server/src/store/sql/sessions.ts'
const SIGN_IN = 'server/src/identity/sign-in.ts'
const SIGN_IN_LIMITS = 'server/src/identity/sign-in-limits.ts'
const SIGN_OUT = 'server/src/endpoints/sign-out.ts'

const forms: readonly Mutant[] = [
  {
    name: 'a form of another site is taken',
    breaks: 'D2, RFC 9700 §4.7',
    file: CSRF,
    find: "if (site === 'same-origin') return",
    replace: 'return',
    killedBy: attacks('attacks/sessions'),
  },
  {
    name: 'a form of a neighbour on the same site is taken',
    breaks: 'D2, RFC 9700 §4.7',
    file: CSRF,
    find: "site === 'same-origin'",
    replace: "site.toString().startsWith('same-')",
    killedBy: attacks('attacks/sessions'),
  },
  {
    name: 'the Origin header is not looked at',
    breaks: 'D2, RFC 9700 §4.7',
    file: CSRF,
    find: 'headers.origin === undefined || headers.origin === new URL(issuer).origin',
    replace: 'issuer',
    killedBy: attacks('attacks/sessions'),
  },
  {
    name: 'a token sealed for one form opens another',
    breaks: 'D2',
    file: 'server/src/platform/seal.ts',
    find: '.setAAD(Buffer.from(context))',
    times: 2,
    replace: '.setAAD(Buffer.from(context.slice(0, 0)))',
    killedBy: unit('platform/seal'),
  },
  {
    name: 'sign-out works from the page of another browser',
    breaks: 'D5',
    file: SIGN_OUT,
    find: '!isSameBrowser(request.browser, incoming)',
    replace: '!incoming.cookies.browser',
    killedBy: attacks('attacks/sessions'),
  },
]

const headers: readonly Mutant[] = [
  {
    name: 'of tabs that open together the last one takes the cookie of the others',
    breaks: 'field 20',
    file: COOKIES,
    find: 'SEVERAL.includes(name) ?',
    replace: 'name === undefined ?',
    killedBy: flows('flows/several-tabs'),
  },
  {
    name: 'scripts can read the session cookie',
    breaks: 'D4, ASVS 3.3.4',
    file: COOKIES,
    find: 'httpOnly: true',
    replace: 'httpOnly: false',
    killedBy: flows('flows/sessions'),
  },
  {
    name: 'the session cookie travels in the clear',
    breaks: 'D4, ASVS 3.3.1',
    file: COOKIES,
    find: '      secure,\n',
    replace: '      secure: false,\n',
    killedBy: flows('flows/sessions'),
  },
  {
    name: 'other sites send the session cookie along',
    breaks: 'D2, ASVS 3.3.2',
    file: COOKIES,
    find: "sameSite: 'lax'",
    replace: "sameSite: 'none'",
    killedBy: flows('flows/sessions'),
  },
  {
    name: 'another host of the domain can set the session cookie',
    breaks: 'D4, ASVS 3.3.3',
    file: COOKIES,
    find: "'__Host-' : ''",
    replace: "'' : ''",
    killedBy: flows('flows/sessions'),
  },
  {
    name: 'an answer that was refused becomes one that was allowed when it is given again',
    breaks: 'RFC 6749 §4.1.2.1',
    file: 'server/src/endpoints/consent.ts',
    find: "if (decision.step === 'consent') throw alreadyDecided(interaction)",
    replace: "if (decision.step === 'issue') throw alreadyDecided(interaction)",
    killedBy: flows('flows/answered-twice'),
  },
  {
    name: 'who presses Allow again gets what was unticked, too',
    breaks: 'RFC 6749 §3.3',
    file: 'server/src/endpoints/consent.ts',
    find: 'membership: decision.membership, scopes, ...occasion }',
    replace: 'membership: decision.membership, scopes: request.scopes, ...occasion }',
    killedBy: flows('flows/answered-twice'),
  },
  {
    name: 'pages can be framed',
    breaks: 'D1, RFC 9700 §4.16',
    file: POLICY,
    find: "    `frame-ancestors 'none'`,\n",
    replace: '',
    killedBy: attacks('attacks/pages'),
  },
  {
    name: 'old browsers can frame answers',
    breaks: 'D1, RFC 9700 §4.16',
    file: HEADERS,
    find: "  'x-frame-options': 'DENY',\n",
    replace: '',
    killedBy: attacks('attacks/pages'),
  },
  {
    name: 'pages run scripts that stand in them',
    breaks: 'D10, ASVS 3.4.3',
    file: POLICY,
    find: "`'self'` : `'none'`",
    replace: "`'self'` : `'unsafe-inline'`",
    killedBy: unit('ui/content-security-policy'),
  },
  {
    name: 'a redirect URI writes into the policy of a page',
    breaks: 'D10',
    file: POLICY,
    find: 'if (SCHEME_SOURCE.test(source) || HOST_SOURCE.test(source)) return [source]',
    replace: 'if (source) return [source]',
    killedBy: unit('ui/content-security-policy'),
  },
  {
    name: 'caches keep tokens and pages',
    breaks: 'E9, RFC 6749 §5.1',
    file: HEADERS,
    find: "'cache-control': 'no-store'",
    replace: "'cache-control': 'private'",
    killedBy: attacks('attacks/http-answers'),
  },
  {
    name: 'browsers guess what an answer is',
    breaks: 'D10, ASVS 3.4.4',
    file: HEADERS,
    find: "  'x-content-type-options': 'nosniff',\n",
    replace: '',
    killedBy: attacks('attacks/pages'),
  },
  {
    name: 'pages tell the next site where they were',
    breaks: 'D1, RFC 9700 §4.2.4',
    file: HEADERS,
    find: "'referrer-policy': 'no-referrer'",
    replace: "'referrer-policy': 'unsafe-url'",
    killedBy: attacks('attacks/pages'),
  },
  {
    name: 'a page of our own stays in the hold of the window that opened it',
    breaks: 'D12',
    file: HEADERS,
    find: "  'cross-origin-opener-policy': 'same-origin',\n",
    replace: '',
    killedBy: attacks('attacks/pages'),
  },
  {
    name: 'pages of an authorization request cut off the app that opened them',
    breaks: 'browsers F2',
    file: 'server/src/http/respond.ts',
    find: 'route?.keepsOpener ? POPUP_PAGE_HEADERS : PAGE_HEADERS',
    replace: 'PAGE_HEADERS',
    killedBy: attacks('attacks/pages'),
  },
  {
    name: 'what follows a form is a redirect, which Chromium blocks',
    breaks: 'browsers F1',
    file: 'server/src/http/respond.ts',
    find: 'return context.afterForm ?',
    replace: 'return !context.site ?',
    killedBy: flows('flows/sessions'),
  },
  {
    name: 'a hidden frame is answered with a page',
    breaks: 'OIDC Core §3.1.2.6',
    file: 'server/src/http/respond.ts',
    find: 'return context.afterForm ?',
    replace: 'return context.site ?',
    killedBy: flows('flows/header-sizes'),
  },
  {
    name: 'a long address travels in a header, which a proxy has no room for',
    breaks: 'field 19',
    file: 'server/src/http/respond.ts',
    find: 'context.afterForm && !isShort',
    replace: 'context.afterForm && address === undefined',
    killedBy: flows('flows/header-sizes'),
  },
  {
    name: 'a proxy that puts its own name into the request sends browsers in a circle',
    breaks: 'decision 0056',
    file: 'server/src/http/loopback-names.ts',
    find: '!NAMES.has(name) || ',
    replace: '',
    killedBy: unit('http/loopback-names'),
  },
  {
    name: 'any origin reads the answers to apps',
    breaks: 'E8, RFC 9700 §2.6',
    file: 'server/src/http/cors.ts',
    find: '!(await site.isAllowedOrigin(origin))',
    replace: '(await site.isAllowedOrigin(origin)) === undefined',
    killedBy: attacks('attacks/http-answers'),
  },
  {
    name: 'sandboxed frames of anybody count as the origin of an app on the device',
    breaks: 'E8',
    file: 'server/src/client-auth/origins.ts',
    find: "  origins.delete('null')\n",
    replace: '',
    killedBy: unit('client-auth/origins'),
  },
]

const sessions: readonly Mutant[] = [
  {
    name: 'a session that nobody uses goes on',
    breaks: 'D4, ASVS 7.3.1',
    file: SESSIONS,
    within: 'const selectSession =',
    find: "\n    .where('sessions.expiresAtSeconds', '>', p.nowSeconds)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'a session never ends as long as it is used',
    breaks: 'D4, ASVS 7.3.2',
    file: SESSIONS,
    within: 'const selectSession =',
    find: "\n    .where('sessions.endsAtSeconds', '>', p.nowSeconds)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'a session counts in another tenant',
    breaks: 'C11',
    file: SESSIONS,
    within: 'const selectSession =',
    find: "\n    .where('sessions.tenant', '=', p.tenant)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'the session of somebody else is ended by its id',
    breaks: 'C11, ASVS 7.5.2',
    file: SESSIONS,
    within: 'const deleteSessionById',
    find: "\n    .where('userId', '=', p.userId)",
    replace: '',
    killedBy: STORE,
  },
  {
    name: 'signing in again leaves the session before alive',
    breaks: 'D4, ASVS 7.2.4',
    file: 'server/src/identity/sessions.ts',
    find: 'input.present.filter((other) => !kept.includes(other))',
    replace: 'input.present.filter((other) => kept.includes(other) && !others.includes(other))',
    killedBy: attacks('attacks/sessions'),
  },
  {
    name: 'signing out only forgets the cookie',
    breaks: 'D4, ASVS 7.4.1',
    file: SIGN_OUT,
    find: '    await endSessions(accounts, deps)\n',
    replace: '',
    killedBy: attacks('attacks/sessions'),
  },
  {
    name: 'signing out leads to any address',
    breaks: 'A16, D5, OIDC RP-Initiated Logout §3',
    file: SIGN_OUT,
    find: 'const verified = matchRedirectUri(await registeredUris(clientId, deps), uri, comparison)',
    replace:
      'const verified = matchRedirectUri([uri, ...(await registeredUris(clientId, deps))], uri, comparison)',
    killedBy: attacks('attacks/sessions'),
  },
  {
    name: 'the hint of one app leads to an address of another',
    breaks: 'D5, OIDC RP-Initiated Logout §4',
    file: SIGN_OUT,
    find: '!read || (named !== undefined && named !== read.clientId)',
    replace: '!read',
    killedBy: attacks('attacks/sessions'),
  },
]

const passwords: readonly Mutant[] = [
  {
    name: 'any password is right',
    breaks: 'D7',
    file: SIGN_IN,
    find: '!user || !correct || user.disabledAtSeconds !== null',
    replace: '!user || correct === undefined || user.disabledAtSeconds !== null',
    killedBy: flows('flows/sign-in'),
  },
  {
    name: 'a user who was disabled signs in',
    breaks: 'D7, ASVS 7.4.2',
    file: SIGN_IN,
    find: '!user || !correct || user.disabledAtSeconds !== null',
    replace: '!user || !correct',
    killedBy: SIGN_IN_ATTACKS,
  },
  {
    name: 'one address may try many accounts',
    breaks: 'D7',
    file: SIGN_IN_LIMITS,
    find: '    [caller, ofSource, strangers],',
    replace: '    [caller, strangers],',
    killedBy: SIGN_IN_ATTACKS,
  },
  {
    name: 'one address may try an account as often as it likes',
    breaks: 'D7, ASVS 6.3.1',
    file: SIGN_IN_LIMITS,
    find: '    [caller, ofSource, strangers],',
    replace: '    [ofSource, strangers],',
    killedBy: SIGN_IN_ATTACKS,
  },
  {
    name: 'an account that does not exist is refused faster',
    breaks: 'D6, ASVS 6.3.8',
    file: 'server/src/identity/passwords.ts',
    find: '  const text = stored ?? hashOfNobody()\n',
    replace:
      '  const text = stored ?? hashOfNobody()\n  if (stored === null) return { correct: false, outdated: false }\n',
    killedBy: SIGN_IN_ATTACKS,
  },
  {
    name: 'only the beginning of a password counts',
    breaks: 'D8, ASVS 6.2.8',
    file: 'server/src/identity/passwords.ts',
    find: "return password.normalize('NFKC')",
    replace: "return password.normalize('NFKC').slice(0, 64)",
    killedBy: SIGN_IN_ATTACKS,
  },
]

const nothing: readonly Mutant[] = [
  {
    name: 'programs get a page where nothing is',
    breaks: 'decision 0080',
    file: 'server/src/http/nothing.ts',
    find: "headers.accept?.includes('text/html') === true",
    replace: "headers.accept !== 'text/html'",
    killedBy: flows('flows/nothing'),
  },
  {
    name: 'beside several tenants, strangers hear of one of them',
    breaks: 'decision 0080',
    file: 'server/src/http/site-directory.ts',
    find: 'only === undefined || others.length > 0',
    replace: 'only === undefined || others.length < 0',
    killedBy: flows('flows/nothing'),
  },
]

export const browsers: Area = {
  name: 'Pages, cookies, sessions and passwords',
  mutants: [...forms, ...headers, ...sessions, ...passwords, ...nothing],
}
