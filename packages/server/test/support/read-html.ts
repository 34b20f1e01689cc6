// Reads the HTML of our own pages for tests: well-formed, attributes always in double quotes.

export interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

const TAG = /<(\/?[a-zA-Z][\w-]*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/g
const ATTRIBUTE = /([\w-]+)(?:="([^"]*)")?/g

/** Opening and closing tags in order. @throws Error when a `<` starts none: then text was not escaped. */
export function readTags(html: string): Tag[] {
  const rest = html.replace('<!doctype html>', '').replace(TAG, '')
  const stray = rest.indexOf('<')
  if (stray >= 0) throw new Error(`A stray "<" in: ${rest.slice(stray, stray + 60)}`)
  return [...html.matchAll(TAG)].map(([, name = '', text = '']) => ({
    name,
    attributes: Object.fromEntries(
      [...text.matchAll(ATTRIBUTE)].map(([, key = '', value = '']) => [key, decode(value)]),
    ),
  }))
}

export function findTags(html: string, name: string): Tag['attributes'][] {
  return readTags(html)
    .filter((tag) => tag.name === name)
    .map(({ attributes }) => attributes)
}

/** The page without its text: tags and names of attributes. Text that changes it has broken out. */
export function readStructure(html: string): string[] {
  return readTags(html).map(({ name, attributes }) => [name, ...Object.keys(attributes)].join(' '))
}

/** What a person reads, without what is in attributes. */
export function readText(html: string): string {
  return decode(html.replace(/<title>.*?<\/title>|<[^>]*>/g, '')).replace(/\s+/g, ' ')
}

export function readTitle(html: string): string {
  return decode(/<title>(.*?)<\/title>/.exec(html)?.[1] ?? '')
}

function decode(text: string): string {
  return text.replace(/&#(\d+);/g, (_entity, code) => String.fromCodePoint(Number(code)))
}
