// What the values of options and requirements must be, as data. JavaScript, and TypeScript without
// `exactOptionalPropertyTypes`, let a key be there without a value, such as one read from a variable that is not set:
// taken for "not asked for", it would open a door that its author meant to close.

export interface Kind {
  /** Completes "must be …". */
  readonly words: string
  readonly accepts: (value: unknown) => boolean
}

export const text: Kind = { words: 'text that is not empty', accepts: isText }

export const texts: Kind = {
  words: 'a list of texts',
  // `every` passes over the holes of a sparse list.
  accepts: (value) => Array.isArray(value) && [...value].every(isText),
}

export const flag: Kind = {
  words: 'true or false',
  accepts: (value) => typeof value === 'boolean',
}

export const list: Kind = { words: 'a list', accepts: Array.isArray }

export const callback: Kind = {
  words: 'a function',
  accepts: (value) => typeof value === 'function',
}

export const textOrCallback: Kind = {
  words: 'text that is not empty, or a function of the request',
  accepts: (value) => text.accepts(value) || callback.accepts(value),
}

export const object: Kind = { words: 'an object', accepts: isPlainObject }

export function oneOf(...choices: readonly string[]): Kind {
  return {
    words: choices.map((choice) => `'${choice}'`).join(' or '),
    accepts: (value) => choices.some((choice) => choice === value),
  }
}

export function numberFrom(least: number, most: number): Kind {
  return {
    words: most === Number.MAX_SAFE_INTEGER ? `a number from ${least}` : `from ${least} to ${most}`,
    // NaN is neither.
    accepts: (value) => typeof value === 'number' && value >= least && value <= most,
  }
}

/** A name that is not known is told by `findUnknownNames`. @returns what is wrong, one sentence each */
export function findWrongKinds(
  values: object,
  kinds: Readonly<Record<string, Kind>>,
  prefix = '',
): string[] {
  return Object.entries(kinds).flatMap(([name, { words, accepts }]) => {
    if (!Object.hasOwn(values, name)) return []
    const value = (values as Record<string, unknown>)[name]
    if (value === undefined) {
      return [`${prefix}${name} is undefined: leave it out, or give ${words}.`]
    }
    return accepts(value) ? [] : [`${prefix}${name} must be ${words}.`]
  })
}

export function pickRightKinds(values: object, kinds: Readonly<Record<string, Kind>>): object {
  const right = Object.entries(values).filter(([name, value]) => kinds[name]?.accepts(value))
  return Object.fromEntries(right)
}

/** Of anything but an object with names of its own, a check of names would find nothing to complain about. */
export function isPlainObject(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
