// The place in a list at which a page goes on, as it stands in a URL. It holds nothing that its reader may not know, so
// it is neither sealed nor signed: one that somebody made up begins the same list elsewhere, and one that says nothing
// begins it at its start.

export interface CursorKind<Key> {
  format(key: Key): string
  parse(text: string | undefined): Key | undefined
}

type Value = string | number | null

/** @param fields what a key has, each with what its value must be like */
export function cursorOf<Key extends { readonly [Field in keyof Key]: Value }>(
  fields: {
    readonly [Field in keyof Key]: (value: unknown) => boolean
  },
): CursorKind<Key> {
  const names = Object.keys(fields) as (keyof Key)[]
  return {
    format: (key) =>
      Buffer.from(JSON.stringify(names.map((name) => key[name]))).toString('base64url'),
    parse: (text) => {
      const values = text === undefined ? undefined : parseList(text)
      if (values?.length !== names.length) return undefined
      if (!names.every((name, at) => fields[name](values[at]))) return undefined
      return Object.fromEntries(names.map((name, at) => [name, values[at]])) as Key
    },
  }
}

function parseList(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What a database can compare: PostgreSQL refuses a text that holds NUL or half a character. */
export function isKeyText(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
}

export function isKeyNumber(value: unknown): boolean {
  return Number.isSafeInteger(value)
}
