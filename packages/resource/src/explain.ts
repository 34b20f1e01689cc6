// An error in one line with everything that led to it: "fetch failed" alone tells an operator nothing.

const LONGEST_CHAIN = 8

export function explain(error: unknown): string {
  const parts: string[] = []
  let cause = error
  // Causes may go in a circle.
  for (let depth = 0; cause !== undefined && depth < LONGEST_CHAIN; depth += 1) {
    const part = describe(cause)
    // An error that wraps another often repeats it.
    if (!parts.some((said) => said.includes(part))) parts.push(part)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  const text = parts.join(': ')
  return CERTIFICATE.test(text) && !text.includes(CERTIFICATE_HINT)
    ? `${text}. ${CERTIFICATE_HINT}`
    : text
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // A host with several addresses: one error for each.
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  const { code } = error as { code?: unknown }
  const suffix = typeof code === 'string' && !error.message.includes(code) ? ` (${code})` : ''
  return `${error.message || error.name}${suffix}`
}

const CERTIFICATE = /CERT_|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/
const CERTIFICATE_HINT =
  'Name an authority of your own in NODE_EXTRA_CA_CERTS, before the process starts'
