// Owns how passwords are kept: argon2id in PHC form, hashed at a bounded rate so that a flood of sign-ins
// cannot starve the token endpoint. Hashes that were made elsewhere are understood too, until the next sign-in.
// Must not know users, sessions or HTTP.

import { availableParallelism } from 'node:os'
import { uncounted } from '../platform/deadline.ts'
import { createQueue } from '../platform/queue.ts'
import { OAuthError } from '../protocol/errors.ts'
import { hashOfNobody, hashWithArgon2id, isOfToday } from './password-hashes/argon2.ts'
import { readPasswordHash } from './password-hashes/index.ts'

/** Long enough for any passphrase, short enough that hashing it costs nothing. */
export const MAX_PASSWORD_CODE_POINTS = 256

const MAX_WAITING = 64
const queue = createQueue({
  parallel: Math.max(1, availableParallelism() - 1),
  waiting: MAX_WAITING,
})

/** How many passwords are being hashed, and how many wait for that. */
export const passwordQueueState = queue.state

/** @returns the password as an argon2id hash in PHC form. @throws OAuthError overloaded */
export function hashPassword(password: string, source?: string): Promise<string> {
  return inTurn(() => hashWithArgon2id(normalise(password)), source)
}

export interface PasswordCheck {
  readonly correct: boolean
  /** The hash is not one that {@link hashPassword} would make today: make it anew. */
  readonly outdated: boolean
}

/**
 * Compares a password with its hash. Without a hash (no such user) it takes as long as argon2id, and says no.
 * @param source where it comes from: one does not keep the others from their turn
 * @throws OAuthError overloaded
 */
export async function verifyPassword(
  password: string,
  stored: string | null,
  source?: string,
): Promise<PasswordCheck> {
  const text = stored ?? hashOfNobody()
  const hash = readPasswordHash(text)
  const spelling = await inTurn(() => firstMatch(spellingsOf(password), hash.matches), source)
  const outdated = !isOfToday(text) || spelling !== normalise(password)
  // A hash that was brought along may be one of nothing, which everybody can type.
  const isBlank = password.trim() === ''
  return { correct: spelling !== undefined && !isBlank, outdated }
}

/** Unicode has several spellings of one text: NFKC makes them one (NIST SP 800-63B). */
function normalise(password: string): string {
  return password.normalize('NFKC')
}

/**
 * Hashes of ours are of the normalised password, most others of what was typed. Which it was cannot be seen in the
 * hash, so what was typed is tried first, then the normalised; for nearly everybody they are the same.
 */
function spellingsOf(password: string): readonly string[] {
  return [...new Set([password, normalise(password)])]
}

async function firstMatch(
  spellings: readonly string[],
  matches: (password: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const spelling of spellings) if (await matches(spelling)) return spelling
  return undefined
}

/**
 * A hash that was made elsewhere may take a second to check. Waiting for that is cut short, the check itself never.
 * What has no source is ours: an operator's command.
 */
function inTurn<T>(work: () => Promise<T>, source = ''): Promise<T> {
  const refuse = () => new OAuthError('overloaded', { retryAfterSeconds: 1 })
  return queue.run(() => uncounted(work), { refuse, source })
}
