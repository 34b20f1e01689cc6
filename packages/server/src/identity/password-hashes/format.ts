// What a format of password hashes is: it reads its own texts, and refuses those that would be too costly to check.

export interface HashFormat {
  /** As people call it. */
  readonly name: string
  /** @returns undefined when the text is not of this format. */
  read(text: string): ReadHash | undefined
}

export type ReadHash = PasswordHash | { readonly problem: string }

export interface PasswordHash {
  /** Whether exactly this text is the password; compared in constant time. */
  matches(password: string): Promise<boolean>
}

/** A number within a hash. Below the least it protects nothing, above the most a sign-in would hold others up. */
export interface Bound {
  readonly what: string
  readonly value: number
  readonly least: number
  readonly most?: number
}

/** @returns what is wrong with the first number out of its bounds, as a clause. */
export function boundProblem(bounds: readonly Bound[]): string | undefined {
  for (const { what, value, least, most = Infinity } of bounds) {
    if (value < least) return `has ${value} as ${what}: at least ${least} is needed`
    if (value > most) return `has ${value} as ${what}: more than ${most} would stall the server`
  }
  return undefined
}

/** Fewer bits would be met by chance. */
export const HASH_BYTES = { what: 'bytes of hash', least: 16, most: 64 }
