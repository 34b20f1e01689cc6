// Writes docs/reference/errors.md from the tables of protocol/reasons.ts, so that the page cannot be wrong.

import { ERROR_CODES, REASONS } from '../../../src/protocol/reasons.ts'

export const ERRORS_PAGE = 'docs/reference/errors.md'

export function formatErrorsPage(): string {
  return [INTRODUCTION, formatOverview(), ...CODES.map(formatCode)].join('\n\n').concat('\n')
}

const CODES = Object.entries(ERROR_CODES).map(([code, { status, section }]) => {
  const reasons = Object.entries(REASONS).filter(([, reason]) => reason.code === code)
  const byDescription = Object.groupBy(reasons, ([, { description }]) => description)
  return { code, status, section, byDescription }
})

const INTRODUCTION = `# Errors

<!-- Generated from packages/server/src/protocol/reasons.ts by \`npm run docs\`. -->

An app is told a public \`error\` and a fixed \`error_description\`: in English or, where the contract says so, in the
language of the reader; where one parameter is to blame, its name follows in brackets. The log line of the request
says more: its \`reason\` is one of those below, and its request id is the one on the error page and in the
\`X-Request-Id\` header. Several reasons share one description where telling them apart would help somebody who
guesses.

The token, revocation, introspection and userinfo endpoints answer with the status below and JSON. The authorization
endpoint redirects to the app with the same \`error\`, unless the client or its redirect URI is not to be trusted: then
it shows a page and redirects nowhere. The names are those of the \`standard\` contract; another contract may spell them
differently on the wire, the reasons in the log stay the same.`

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
