// Passwords come in through standard input, never as an argument that other users of the machine can read.

import { randomInt } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { UsageError } from './failure.ts'

/** @returns the first line of standard input, without its end */
export async function readSecret(stdin: NodeJS.ReadableStream, what = 'password'): Promise<string> {
  const [line = ''] = (await text(stdin)).split(/\r?\n/, 1)
  if (line === '') {
    throw new UsageError(`standard input is empty: pipe the ${what} into this command`)
  }
  return line
}

/** Letters and digits that are not mistaken for each other. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUPS = 4
const GROUP_LENGTH = 5

/** A password of 99 bits that can be read aloud: `k3m9p-…`. */
export function generatePassword(): string {
  const group = () =>
    Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return Array.from({ length: GROUPS }, group).join('-')
}
