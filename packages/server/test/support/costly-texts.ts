// Texts of one length that cost whoever reads them as much as texts can, and what they cost beside a plain one.

const BAITS = {
  'marks that must be sorted': '\u0315\u0300',
  'a letter that becomes eighteen': '\uFDFA',
  'letters of three parts': '\u1112\u1161\u11ab',
  'letters of two code units': '\u{1D400}',
  'deep JSON': '[',
  'deep objects': '{"a":',
  'escaped escapes': '%25',
  'labels of a host': 'a.',
  'letters of other scripts in a host': 'ü',
  'a huge number': '9',
  'words that are all different': ' ',
  'language tags': 'en-',
  'weighted languages': 'en;q=0.1,',
  'parts of a JWT': 'eyJhIjoi.',
  quotes: '"',
  'back slashes': '\\',
  'spaces before the end': ' ',
  slashes: '//',
  colons: ':',
  'lines of nothing': '\r\n',
} as const

export type Bait = keyof typeof BAITS

export const BAIT_NAMES = Object.keys(BAITS) as Bait[]

/** @param bytes of the text in UTF-8 */
export function costlyText(bait: Bait, bytes: number): string {
  const part = BAITS[bait]
  if (bait === 'words that are all different') return differentWords(bytes)
  // All of one kind before all of the other: so each mark has the longest way to its place.
  if (bait === 'marks that must be sorted') {
    return `${'\u0315'.repeat(bytes / 4)}${'\u0300'.repeat(bytes / 4)}`
  }
  const start = bait.includes('host') ? 'https://' : ''
  const text = part.repeat(Math.floor((bytes - start.length) / Buffer.byteLength(part)))
  // What matched so far is gone through again because of the last character.
  return bait === 'spaces before the end' ? `${text.slice(1)}\u0001` : `${start}${text}`
}

export function plainText(bytes: number): string {
  return 'a'.repeat(bytes)
}

function differentWords(bytes: number): string {
  const words = Array.from({ length: Math.ceil(bytes / 4) }, (_, index) => index.toString(36))
  return words.join(' ').slice(0, bytes)
}

const TRIES = 40

export interface Costs {
  readonly plain: () => Promise<unknown>
  readonly costly: () => Promise<unknown>
}

/**
 * How many times as much work the costly request is as the plain one, in processor time of this process, in which both
 * ends of the request run. The least of several tries counts on both sides: whatever else happens only ever adds to it.
 * @param plainBefore what the plain one took where it was measured before
 */
export async function costRatio(
  { plain, costly }: Costs,
  goodEnough: number,
  plainBefore?: number,
): Promise<{ readonly ratio: number; readonly plain: number }> {
  let least = plainBefore ?? (await workOf(plain))
  let most = await workOf(costly)
  for (let tried = 1; tried < TRIES && most > goodEnough * least; tried += 1) {
    least = Math.min(least, await workOf(plain))
    most = Math.min(most, await workOf(costly))
  }
  return { ratio: most / least, plain: least }
}

async function workOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(startedAt)
  // Of what takes no measurable time, nothing is a multiple.
  return Math.max(user + system, LEAST_MICROSECONDS)
}

const LEAST_MICROSECONDS = 20
