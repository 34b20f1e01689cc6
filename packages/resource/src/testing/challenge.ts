// Reads a WWW-Authenticate header (RFC 9110 §11.6.1), for tests that look at what a refusal says.

const SCHEME = /^([!#$%&'*+.^_`|~\w-]+) /
const PARAMETER = /\s*([!#$%&'*+.^_`|~\w-]+)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/y

export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** @throws Error when the header is not one challenge with quoted parameters, each at most once */
export function parseChallenge(header: string | null | undefined): Challenge {
  const scheme = SCHEME.exec(header ?? '')?.[1]
  if (!header || !scheme) throw new Error(`Not a challenge: ${header}`)
  const parameters: Record<string, string> = {}
  PARAMETER.lastIndex = scheme.length + 1
  while (PARAMETER.lastIndex < header.length) {
    const from = PARAMETER.lastIndex
    const [, name, value] = PARAMETER.exec(header) ?? []
    if (name === undefined || value === undefined) {
      throw new Error(`Not a parameter of a challenge: ${header.slice(from)}`)
    }
    if (Object.hasOwn(parameters, name)) throw new Error(`Repeated in a challenge: ${name}`)
    parameters[name] = value.replaceAll(/\\(.)/g, '$1')
  }
  return { scheme, parameters }
}
