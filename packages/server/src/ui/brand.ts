// The tenant's colour as a stylesheet of its own: our policy allows no inline style.

import type { Tenant } from '../protocol/tenant.ts'

type Colour = readonly [red: number, green: number, blue: number]

const WHITE: Colour = [255, 255, 255]
const BLACK: Colour = [0, 0, 0]
/** The card in the dark scheme (`--card` in page.css). */
const DARK_CARD: Colour = [27, 31, 38]
/** WCAG 2.2 §1.4.3: text against its background. */
const MIN_CONTRAST = 4.5

/** Custom properties that page.css reads. Whatever the colour, text stays readable in both schemes. */
export function brandStylesheet({ accentColour = '' }: Pick<Tenant, 'accentColour'>): string {
  const colour = parseColour(accentColour)
  if (!colour) return ''
  const onLight = readable(colour, WHITE, BLACK)
  const onDark = readable(colour, DARK_CARD, WHITE)
  return `:root {
  --accent-light: ${toHex(onLight)};
  --accent-dark: ${toHex(onDark)};
}
`
}

/** `#rgb` or `#rrggbb`; nothing else gets into the stylesheet. */
function parseColour(text: string): Colour | undefined {
  const digits = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text)?.[1]
  if (digits === undefined) return undefined
  const pairs = digits.length === 6 ? digits : digits.replace(/./g, '$&$&')
  const value = Number.parseInt(pairs, 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

/** Moves the colour towards `end` until it stands out from `background`. */
function readable(colour: Colour, background: Colour, end: Colour): Colour {
  for (let step = 0; step < 100; step++) {
    const mixed = mix(colour, end, step / 100)
    if (contrast(mixed, background) >= MIN_CONTRAST) return mixed
  }
  return end
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const at = (a: number, b: number) => Math.round(a + (b - a) * share)
  return [at(from[0], to[0]), at(from[1], to[1]), at(from[2], to[2])]
}

/** WCAG 2.2: contrast ratio of two colours. */
function contrast(a: Colour, b: Colour): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05)
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function toHex(colour: Colour): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
