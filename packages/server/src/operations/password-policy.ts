// Which passwords are good enough. Here they are the only factor, so length counts and composition does not
// (NIST SP 800-63B-4; ASVS 6.2.1).

import { MAX_PASSWORD_CODE_POINTS } from '../identity/passwords.ts'
import { normaliseUsername } from '../identity/usernames.ts'

const MIN_CODE_POINTS = 15
const MIN_DIFFERENT = 5
/** Shorter names would forbid too many passwords that only happen to hold them. */
const MIN_NAME_LENGTH = 4

/** What people type when 15 characters are asked for; rows of keys and plain repetition are found by rule. */
const COMMON = new Set([
  'administrator123',
  'changemechangeme',
  'correcthorsebatterystaple',
  'iloveyouiloveyou',
  'letmeinletmein123',
  'mypasswordissecret',
  'passwordpassword1',
  'passwort12345678',
  'password123456789',
  'password12345678',
  'password1234567',
  'p@ssw0rdp@ssw0rd',
  'qwerty1234567890',
  'qwertyqwerty1234',
  'thisismypassword',
  'trustno1trustno1',
  'welcomewelcome1',
  'welcome123456789',
])

const ROWS = [
  '01234567890123456789012345678901234567890123456789',
  'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnmqwertzuiopasdfghjklyxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
]

/** @returns what is wrong with the password, as a clause, or undefined. */
export function passwordProblem(password: string, username: string): string | undefined {
  const length = [...password].length
  if (length < MIN_CODE_POINTS) {
    return `is too short: use at least ${MIN_CODE_POINTS} characters, a few words are fine`
  }
  if (length > MAX_PASSWORD_CODE_POINTS) {
    return `is too long: use at most ${MAX_PASSWORD_CODE_POINTS} characters`
  }
  if (!password.isWellFormed() || password.includes('\0')) return 'is not valid text'
  const text = password.normalize('NFKC').toLowerCase()
  if (holdsName(text, username)) return 'contains the username: leave that out'
  return isGuessable(text) ? 'is one of the first that an attacker tries: use another' : undefined
}

function holdsName(text: string, username: string): boolean {
  const name = normaliseUsername(username)
  const mailbox = name.split('@', 1)[0] ?? name
  return mailbox.length >= MIN_NAME_LENGTH && text.includes(mailbox)
}

function isGuessable(text: string): boolean {
  return (
    COMMON.has(text) ||
    new Set(text).size < MIN_DIFFERENT ||
    ROWS.some((row) => row.includes(text) || [...row].reverse().join('').includes(text)) ||
    isRepetition(text)
  )
}

/** Whether a shorter text is repeated to make this one: `passwordpassword`. */
function isRepetition(text: string): boolean {
  const period = `${text}${text}`.indexOf(text, 1)
  return period < text.length && period < MIN_CODE_POINTS
}
