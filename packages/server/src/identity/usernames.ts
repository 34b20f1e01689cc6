// One spelling per user name, so that two people cannot hold names that look alike.

export const MAX_USERNAME_CODE_POINTS = 128
/** Room for identifiers of consumers, which may be twice as long, of characters that take two code units each. */
const MAX_CODE_UNITS = 4 * MAX_USERNAME_CODE_POINTS

/**
 * The form in which user names are stored and compared: NFKC, lower case, no outer spaces. A text that is longer than
 * any name is nobody's, and stays as it is: to normalise it costs the square of its length.
 */
export function normaliseUsername(text: string): string {
  if (text.length > MAX_CODE_UNITS) return text
  return text.normalize('NFKC').trim().toLowerCase()
}
