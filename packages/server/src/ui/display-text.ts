// Makes text that someone else chose fit to be shown: what is read on the page is what was meant, and no more of it
// than fits. Escaping is not done here: the templates do it.

/** Long enough for any honest name. */
const NAME_LENGTH = 80
/** No accent stack that people write is higher; more would paint over the lines above. */
const TOO_MANY_MARKS = /(\p{M}{4})\p{M}+/gu
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu
/** Joiners and variation selectors shape letters and emoji; everything else unseen could reorder or hide text. */
const UNSEEN =
  /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}]/gu

/** One line without control, bidirectional or invisible characters, cut to `maxLength` characters. */
export function displayText(text: string, maxLength = NAME_LENGTH): string {
  // Bounds the work for texts of any size; the slack is for characters that go away.
  const visible = text
    .slice(0, maxLength * 8)
    .toWellFormed()
    // Marks that belong to one letter are sorted, which costs the square of their number: so these go first.
    .replace(TOO_MANY_MARKS, '$1')
    .normalize('NFC')
    .replace(BREAKS, ' ')
    .replace(UNSEEN, '')
    .replace(TOO_MANY_MARKS, '$1')
    .trim()
  const characters = [...visible]
  if (characters.length <= maxLength) return visible
  return `${characters.slice(0, maxLength - 1).join('')}…`
}

/** The address of a link that somebody else chose, or undefined when it is not a plain web address. */
export function webLink(uri: string | undefined): string | undefined {
  if (uri === undefined || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  return isWeb && url.username === '' && url.password === '' ? url.href : undefined
}
