// Takes secrets out of a finished log line: by the name of a field, at any depth, and by their looks, in any
// text. Works on whole lines, so that no caller can forget it. Must stay linear: callers choose what we log.

const REDACTED = '[redacted]'

/** Whether a line may hold a secret at all: most do not, and are written as they are. */
const SUSPICIOUS =
  /passw|passphrase|pass_?code|secret|token|cookie|authorization|verifier|assertion|interaction|(?:api|application|private|master).?(?:key|jwk)|jwt|authentication_?code|"code"|otp|ost_|eyJ|basic|bearer|dpop|[?#@]|=/i

/** Names of fields in lower case without dashes and underscores: `client_secret`, `csrfToken`, `set-cookie`. */
const SECRET_NAME =
  /(?:(?:password|passcode)(?:hash)?|passwd|passphrase|secret|token|cookie|authorization|verifier|assertion|(?:api|application|private|secret|master)key|privatejwk|jwt|authenticationcode)s?$|^(?:code|otp|interaction)$/

/** Our own secrets (the kind stays readable), JWTs, credentials of a scheme, passwords in URLs and in text. */
const SECRET_LOOKS: readonly (readonly [RegExp, string])[] = [
  [/\b(ost_[a-z]{2})_[A-Za-z0-9_-]+/g, `$1_${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){1,4}/g, REDACTED],
  [
    /\b([Bb]asic|[Bb]earer|[Dd][Pp]o[Pp]) +(?=[^\s]*[A-Z0-9=])[A-Za-z0-9+/=._~-]+/g,
    `$1 ${REDACTED}`,
  ],
  [/(:\/\/[^\s:@/]*):[^\s@/]+@/g, `$1:${REDACTED}@`],
  [
    /((?:password|secret|token|cookie|authorization|verifier|assertion|pass_?code|authentication_?code|\bcode)=)[^\s"'&;]+/gi,
    `$1${REDACTED}`,
  ],
  [
    /((?:password|secret|token|cookie|authorization|verifier|assertion|pass_?code|authentication_?code|["']code)["']\s*:\s*["'])[^"']+/gi,
    `$1${REDACTED}`,
  ],
]

/** @param line one JSON object and a line end, as pino writes it */
export function redactLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`
  } catch {
    return redactText(line)
  }
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redactValue)
  return typeof value === 'object' && value !== null ? redactFields(value) : value
}

function redactFields(fields: object): object {
  // The `code` of an error says what failed, not what was secret.
  const isError = 'stack' in fields
  const entries = Object.entries(fields).map(([name, value]) => {
    const hides = isSecretName(name) && !(isError && name === 'code') && holdsSomething(value)
    return [name, hides ? REDACTED : redactValue(value)]
  })
  return Object.fromEntries(entries)
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[-_]/g, ''))
}

function holdsSomething(value: unknown): boolean {
  return value !== null && typeof value !== 'boolean' && value !== ''
}

/** A text without what looks like a secret, and with URLs cut before their query and fragment. */
function redactText(text: string): string {
  const cut = text.replace(/[^\s"'<>]+/g, cutQuery)
  return SECRET_LOOKS.reduce((result, [looks, shown]) => result.replace(looks, shown), cut)
}

function cutQuery(word: string): string {
  const path = word.indexOf('/')
  const end = path === -1 ? -1 : word.slice(path).search(/[?#]/)
  if (end === -1 || !word.includes('=', path + end)) return word
  return word.slice(0, path + end)
}
