// The page docs/security-comparison.md, from what was measured. The words around the tables stand here, too: they must
// hold whatever comes out.

import { arch, cpus, platform } from 'node:os'
import type { Check } from './check.ts'
import { CHECKS } from './checks/index.ts'
import type { Column } from './column.ts'
import { summarise } from './report.ts'
import { ROWS } from './rows.ts'

export const COMPARISON_PAGE = 'docs/security-comparison.md'

const MOST_CHARACTERS = 110

const GROUPS: readonly (readonly [string, string])[] = [
  ['A', 'Codes, PKCE, redirect URIs'],
  ['B', 'Tokens'],
  ['C', 'Apps'],
  ['D', 'Users, sessions, pages'],
  ['E', 'HTTP and platform'],
  ['CVE', 'Published weaknesses of other servers'],
]

/** What stands behind a row that did not hold somewhere, looked at by hand: number of its check -> the explanation. */
const BY_HAND: Readonly<Record<string, string>> = {
  A3: 'The check whether a code was used and the mark that it is are two calls of the adapter. With a store that takes time, requests that come together all pass the check: after the first round, which finds the database cold, all 20 are answered, and all 20 access tokens are active afterwards. Its own store in memory answers at once, and one of 20 is answered. The adapter interface has no call that could do both in one step.',
  A14: 'Its model takes http addresses for apps on the web unless they use the implicit grant; a code then goes over the network in the clear, where RFC 9700 §2.6 allows http on loopback addresses only. It takes schemes without a dot for apps on the device, which RFC 8252 §8.4 would have refused, since any other app may claim them. Both are registered by the operator, and a validator for client metadata in the embedding app could refuse them.',
  B2: 'As with codes: each of the 20 requests gets a refresh token of its own, each of which goes on by itself, and none is found to be a reuse. Its own store in memory answers one and then ends the family.',
  B22: 'An app ends there by removing its record. It can no longer authenticate then, and userinfo, which looks the app up, takes none of its tokens. Introspection does not look up the app of a token without a user, so at an API that asks there such tokens live until they expire. It takes no race: those from before the end live on, too. The embedding app could find and destroy them.',
  E7: 'The issuer stays, but the endpoints in its metadata are made from the Host header of the request, so a foreign Host yields a token endpoint at that host. It takes a cache or a proxy that passes on a foreign Host to make use of it; a proxy that fixes the Host ends it.',
  'CVE-2026-1035': 'See B2.',
  'CVE-2026-53517': 'See B2: every successor could be used again.',
  'CVE-2026-50631': 'See A3.',
  'CVE-2026-126280': 'See A3.',
  'GHSA-v3q9-2p3m-7g43':
    'The look-up of a jti and its insertion are two calls as well: assertions that come together are all accepted. One after the other, the second is refused.',
}

export function formatPage(columns: readonly Column[], now: Date): string {
  return [
    introduce(columns, now),
    ...GROUPS.map(([prefix, heading]) => formatGroup(heading, checksOf(prefix), columns)),
    explainBroken(columns),
    CONDITIONS,
  ].join('\n\n')
}

function introduce(columns: readonly Column[], now: Date): string {
  const [cpu] = cpus()
  const date = now.toISOString().slice(0, 10)
  const counts = columns.map((column) => `- ${column.name}: ${summarise(column)}`)
  return `# Security: the same attacks on Ostiary and on a peer

Measured on ${date} with Node ${process.versions.node} on ${platform()} ${arch()} (${cpu?.model.trim()}), by
\`npm run attacks -- --write\`, which starts each server, runs every check below against it over HTTP, one after the
other, and writes this page. A column of its own for one server: \`npm run attacks -- --target oidc-provider\`.

${counts.join('\n')}

How to read it:

- **held**: the server did not give what was attacked. A refusal of another kind than ours counts as well, as long as
  it is safe.
- **broke**: it gave it. Each of these was repeated by hand (A14 for one scheme read in the source instead); what is behind it stands [below](#what-broke).
- **not applicable**: the server does not have what is attacked, or leaves it to the app around it.

Behind the verdict stands what was seen, with how often. The checks were written by the authors of Ostiary, so Ostiary
holding them says that it is what it means to be, not that nothing else could be wrong. A list that others write finds
other things.`
}

function checksOf(prefix: string): readonly Check[] {
  const isPublished = (row: string) => !(row in ROWS)
  const isWanted = (row: string) =>
    prefix === 'CVE' ? isPublished(row) : !isPublished(row) && row.startsWith(prefix)
  return CHECKS.filter(({ row }) => isWanted(row)).toSorted((a, b) =>
    a.row.localeCompare(b.row, 'en', { numeric: true }),
  )
}

function formatGroup(
  heading: string,
  checks: readonly Check[],
  columns: readonly Column[],
): string {
  const head = ['', 'what is proven', ...columns.map(({ name }) => name)]
  const lines = checks.map((check) => [
    check.row,
    check.title,
    ...columns.map((column) => formatCell(column, check)),
  ])
  const rule = head.map(() => '---')
  const rows = [head.map(asText), rule, ...lines.map((line) => line.map(asText))]
  return `## ${heading}\n\n${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`
}

function formatCell({ findings }: Column, check: Check): string {
  const finding = findings.get(check)
  if (!finding) return 'not run'
  const seen =
    finding.seen.length > MOST_CHARACTERS
      ? `${finding.seen.slice(0, MOST_CHARACTERS)}…`
      : finding.seen
  return `${finding.verdict}: ${seen}`
}

function explainBroken(columns: readonly Column[]): string {
  const broken = CHECKS.filter((check) =>
    columns.some(({ findings }) => findings.get(check)?.verdict === 'broke'),
  )
  const rows = [...new Set(broken.map(({ row }) => row))]
  const lines = rows.map((row) => `- **${row}**: ${BY_HAND[row] ?? 'Not looked at by hand yet.'}`)
  return `## What broke\n\n${lines.length > 0 ? lines.join('\n') : 'Nothing.'}`
}

/** What stands in a cell is text, whatever it looks like. */
function asText(text: string): string {
  return text.replace(/[\\|<>[\]*_`]/g, (sign) => `\\${sign}`).replace(/\s+/g, ' ')
}

const CONDITIONS = `## What is not comparable

- Ostiary is a server, oidc-provider a library. Sign-in and consent pages, security headers, rate limits, logs and the
  HTTP server in front are the work of the app that embeds it, so rows about them do not apply to it: an app may do
  them well or badly. The pages it was given here are the least that its documentation asks for.
- oidc-provider is set up as its documentation recommends: keys and cookie keys of its own, PKCE for every app,
  revocation and introspection on, introspection for the app of a token and for its API only, the development pages
  off. Everything else is as it comes: refresh tokens of public apps are rotated, access tokens are opaque. It runs on
  the Node of this repository, which is newer than the one that it names as supported.
- It is measured twice: with its own store in memory, which it calls one for development, and with an adapter on SQLite
  that follows the documented interface and waits for the disk: the one of the benchmark,
  \`bench/servers/oidc-provider/sqlite-adapter.ts\`. The adapters that the project shows as examples mark a code as used
  in the same way.
- Ostiary answers a repeated refresh within 30 seconds with the same successor. oidc-provider has no such window: there
  B2 holds when one is answered, although the family then ends and the user has to sign in again.
- Some rows hold because the server does not offer what they attack. That is a property of this configuration, not of
  what the server could do.
- The clock of Ostiary is one that the checks move. oidc-provider asks the clock of its process, which is moved.
- A second process is a second server in the same process, with connections of its own to the same database.

Rows that need more than these checks can do from outside are tested for Ostiary alone, on both stores:
\`packages/server/test/attacks/rows.ts\` names the test of each row.

## Another server

\`npm run attacks -- --url https://login.example --driver my-server.ts\` runs the same checks against any server. The
driver is a file that exports \`describeTarget(url)\`, which resolves to an \`AttackTarget\`
(\`packages/server/test/attacks/target.ts\`): its endpoints, six registered apps, two users, how its forms are filled in,
and what it lacks.
`
