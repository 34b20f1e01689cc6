// What the demo says when it is ready: where everything is, who can sign in, and commands that work as pasted.

import { emphasise, formatFields } from '../answer.ts'
import { MACHINE } from './apps.ts'
import type { DemoTenant } from './demo-file.ts'
import type { PageTrial } from './try-pages.ts'

export interface Welcome {
  readonly tenant: DemoTenant
  /** One for each of the other contracts. */
  readonly others: readonly DemoTenant[]
  readonly demoFile: string
  /** Whether the API answers, so that a call of it makes sense. */
  readonly hasApi: boolean
  readonly pages: PageTrial | undefined
}

export function formatWelcome(welcome: Welcome): string {
  const { tenant, others, demoFile, hasApi, pages } = welcome
  const [user] = tenant.users
  const [getToken, callApi] = curlCommands(welcome)
  const places = formatFields({
    server: tenant.issuer,
    metadata: tenant.endpoints.metadata,
    API: hasApi ? tenant.api : undefined,
    account: `${tenant.pages.account} (what a user has allowed)`,
    developers:
      tenant.pages.developers && `${tenant.pages.developers} (register an app of your own)`,
    'sign in': user && `${user.username} with password ${user.password}`,
    'or as': alsoAs(tenant),
    more: `${demoFile} (all users, apps and secrets)`,
  })
  return `
${emphasise('Ostiary is running as a DEVELOPMENT DEMO: no TLS, made-up people, secrets on this screen.')}
Only this machine can reach it. Never use it in production: that is \`ostiary start\`.

${places}

Get a token:

  ${getToken}
${callApi === undefined ? '' : `\nCall the API with one:\n\n  ${callApi}\n`}${pages === undefined ? '' : tryPages(pages)}${otherContracts(others)}
Ctrl-C ends it; the data stays for the next start.
`
}

/** The other people, who have other rights. */
function alsoAs({ users }: DemoTenant): string {
  return users
    .slice(1)
    .map(({ username, password }) => `${username} with password ${password}`)
    .join(', ')
}

function otherContracts(others: readonly DemoTenant[]): string {
  if (others.length === 0) return ''
  const lines = others.map(({ contract, issuer }) => `  ${contract.padEnd(16)} ${issuer}`)
  const jwtCommand = others.find((tenant) => tenant.trusted_issuer)?.trusted_issuer?.jwt_command
  return `
The same product speaks five other wire contracts; docs/contracts has commands for each:

${lines.join('\n')}
${jwtCommand === undefined ? '' : `\nAn identity JWT for crm-com:\n\n  ${jwtCommand}\n`}`
}

function tryPages({ url, exchange }: PageTrial): string {
  return `
See sign-in and consent; nothing listens where the app would be, so the code stays in the address bar:

  ${url}

Put it in the place of CODE, within a minute:

  ${exchange}
`
}

/** One to get a token, and one to call the API with it. */
export function curlCommands({
  tenant,
  hasApi,
}: Pick<Welcome, 'tenant' | 'hasApi'>): readonly string[] {
  const machine = tenant.clients.find(({ client_id }) => client_id === MACHINE)
  if (!machine) return []
  const credentials = `${machine.client_id}:${machine.client_secret}`
  const getToken = `curl -s -u '${credentials}' -d grant_type=client_credentials ${tenant.endpoints.token}`
  if (!hasApi) return [getToken]
  const cut = `sed -E 's/.*"access_token":"([^"]+)".*/\\1/'`
  const bearer = `-H "Authorization: Bearer $(${getToken} | ${cut})"`
  return [getToken, `curl -s ${bearer} ${tenant.api}/contacts`]
}
