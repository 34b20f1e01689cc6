// How long an account stays locked after so many failed sign-ins in a row (NIST SP 800-63B §3.2.2, ASVS 6.3.1).

const FREE_ATTEMPTS = 5
const FIRST_LOCK_SECONDS = 30
const LONGEST_LOCK_SECONDS = 3600
/** From here on only an operator unlocks the account, by a new password. */
const MAX_ATTEMPTS = 100
const UNTIL_UNLOCKED_SECONDS = 10 * 365 * 86_400

/** @param attempts consecutive tries, this one included; @returns 0 while the next try is free */
export function lockSeconds(attempts: number): number {
  if (attempts < FREE_ATTEMPTS) return 0
  if (attempts >= MAX_ATTEMPTS) return UNTIL_UNLOCKED_SECONDS
  return Math.min(FIRST_LOCK_SECONDS * 2 ** (attempts - FREE_ATTEMPTS), LONGEST_LOCK_SECONDS)
}
