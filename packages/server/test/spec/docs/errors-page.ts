// Writes docs/reference/errors.md from the tables of reasons and the words of the pages, so that the page cannot be wrong.

import { readFileSync } from 'node:fs'
import { PAGE_REASONS } from '../../../src/protocol/page-reasons.ts'
import { ERROR_CODES, REASONS } from '../../../src/protocol/reasons.ts'

export const ERRORS_PAGE = 'docs/reference/errors.md'

export function formatErrorsPage(): string {
  return [INTRODUCTION, formatOverview(), ...CODES.map(formatCode), formatPages(), formatForms()]
    .join('\n\n')
    .concat('\n')
}

const CODES = Object.entries(ERROR_CODES).map(([code, { status, section }]) => {
  const reasons = Object.entries(REASONS).filter(([, reason]) => reason.code === code)
  const byDescription = Object.groupBy(reasons, ([, { description }]) => description)
  return { code, status, section, byDescription }
})

const INTRODUCTION = `# Errors

<!-- Generated from packages/server/src/protocol/reasons.ts, page-reasons.ts and the texts of the pages by \`npm run docs\`. -->

An app is told a public \`error\` and a fixed \`error_description\`: in English or, where the contract says so, in the
language of the reader; where one parameter is to blame, its name follows in brackets. The log line of the request
says more: its \`reason\` is one of those below, and its request id is the one on the error page and in the
\`X-Request-Id\` header. Several reasons share one description where telling them apart would help somebody who
guesses.

The token, revocation, introspection and userinfo endpoints answer with the status below and JSON. The authorization
endpoint redirects to the app with the same \`error\`, unless the client or its redirect URI is not to be trusted: then
it shows a page and redirects nowhere: those reasons are [at the end](#pages). The names are those of the \`standard\`
contract; another contract may spell them differently on the wire, the reasons in the log stay the same.

What no endpoint has seen has no reason: 404 \`not_found\` and 405 (with \`Allow\`) outside the pages, and 400, 408 and 431
for what is no HTTP, came too slowly or had too long headers.`

function formatOverview(): string {
  const rows = CODES.map(
    ({ code, status, section }) => `| [\`${code}\`](#${code}) | ${status} | ${section} |`,
  )
  return ['| error | status | defined in |', '| --- | --- | --- |', ...rows].join('\n')
}

function formatCode({ code, byDescription }: (typeof CODES)[number]): string {
  const rows = Object.entries(byDescription).map(([description, reasons = []]) => {
    const names = reasons.map(([name]) => `\`${name}\``).join(', ')
    return `| ${description} | ${names} |`
  })
  return [`## ${code}`, '', '| description | reason in the log |', '| --- | --- |', ...rows].join(
    '\n',
  )
}

const CATALOGUE = new URL('../../../src/ui/locales/en.json', import.meta.url)
const TEXTS: Readonly<Record<string, string>> = JSON.parse(readFileSync(CATALOGUE, 'utf8'))

/** What people see instead of what they asked for. */
function formatPages(): string {
  const rows = Object.entries(PAGE_REASONS).map(
    ([reason, { status }]) =>
      `| \`${reason}\` | ${status} | ${TEXTS[`error.${reason}.title`]} | ${TEXTS[`error.${reason}.developer`]} |`,
  )
  return `## Pages

At the authorization endpoint, and at the pages for users and developers. The developer's part of the page names the
reason. The log line has the same, except where the page has no words of its own: there it has one of those above.

| reason | status | title | for the developer of the app |
| --- | --- | --- | --- |
${rows.join('\n')}`
}

/** What can be wrong with what was typed: the compiler demands a text for each of the codes. */
function formatForms(): string {
  const rows = Object.entries(TEXTS).flatMap(([key, text]) =>
    key.startsWith('form.')
      ? [`| \`${key.slice('form.'.length)}\` | ${text.replace(/\{(\w+)\}/g, '*$1*')} |`]
      : [],
  )
  return `## Forms

A form of ours that cannot be taken is shown again with status 422 and what is wrong beside each field; the log has no
line for it. The commands say the same in their own words, and with \`--json\` have the code in \`problems\`, where there is
one. Two more codes have no text, because a page answers them: \`unknown\` is \`not_found\`, \`not_allowed\` is
\`app_not_yours\`.

| code | text |
| --- | --- |
${rows.join('\n')}`
}
