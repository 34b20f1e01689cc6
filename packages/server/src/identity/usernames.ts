// One spelling per user name, so that two people cannot hold names that look alike.

/** The form in which user names are stored and compared: NFKC, lower case, no outer spaces. */
export function normaliseUsername(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase()
}
