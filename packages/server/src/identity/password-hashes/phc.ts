// The text form of most password hashes: `$id$v=19$m=19456,t=2$salt$hash`, as the Password Hashing Competition
// (PHC) wrote it down. Base64 without padding; some writers pad, and passlib writes a dot for the plus.

export interface PhcText {
  readonly id: string
  readonly version: number | undefined
  readonly parameters: Readonly<Record<string, number>>
  readonly salt: Buffer
  readonly hash: Buffer
}

const PHC =
  /^\$(?<id>[a-z0-9-]+)(?:\$v=(?<version>\d{1,5}))?\$(?<parameters>[a-z]+=\d{1,9}(?:,[a-z]+=\d{1,9})*)\$(?<salt>[^$]+)\$(?<hash>[^$]+)$/

/** @returns undefined when the text is not of this form, or not of one of these ids. */
export function readPhc(text: string, ids: readonly string[]): PhcText | undefined {
  const { id = '', version, parameters = '', salt = '', hash = '' } = PHC.exec(text)?.groups ?? {}
  const bytes = { salt: readBase64(salt), hash: readBase64(hash) }
  if (!ids.includes(id) || !bytes.salt || !bytes.hash) return undefined
  return {
    id,
    version: version === undefined ? undefined : Number(version),
    parameters: readParameters(parameters),
    salt: bytes.salt,
    hash: bytes.hash,
  }
}

function readParameters(text: string): Record<string, number> {
  const pairs = text.split(',').map((pair) => pair.split('='))
  return Object.fromEntries(pairs.map(([name = '', value]) => [name, Number(value)]))
}

/** @returns undefined when it is not base64. */
export function readBase64(text: string): Buffer | undefined {
  const [, digits = ''] = /^([A-Za-z0-9+/.]+)={0,2}$/.exec(text) ?? []
  const isWhole = digits !== '' && digits.length % 4 !== 1
  return isWhole ? Buffer.from(digits.replaceAll('.', '+'), 'base64') : undefined
}

export function writeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
