// Pictures as inline SVG: all are decoration beside words, and take the colour of the text.

import { html } from 'ghtml'

export type IconName = keyof typeof SHAPES

const SHAPES = {
  door: '<path fill="currentColor" stroke="none" fill-rule="evenodd" d="M4 21.5V10a8 8 0 0 1 16 0v11.5ZM12 8.4a2.3 2.3 0 0 0-1.15 4.3l-.75 4.1h3.8l-.75-4.1A2.3 2.3 0 0 0 12 8.4Z"/>',
  read: '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="2.75"/>',
  change: '<path d="M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17Z"/><path d="m14 8 3 3"/>',
  delete: '<path d="M4 7h16M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13"/><path d="M10.5 11v5M13.5 11v5"/>',
  building:
    '<path d="M5 20.5V5a1 1 0 0 1 1-1h8a1 1 0 0 1 1 1v15.5M15 10h3a1 1 0 0 1 1 1v9.5M3 20.5h18M8.5 8h3M8.5 12h3M8.5 16h3"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  warning: '<path d="M12 4 2.5 20h19Z"/><path d="M12 10v4.5M12 17.2v.1"/>',
  info: '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
  arrow: '<path d="M4 12h16M14 6l6 6-6 6"/>',
  key: '<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8.5-8.5M16 7.5l3 3M13.5 10l2 2"/>',
  check: '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
} as const

export function icon(name: IconName): string {
  return html`<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">!${SHAPES[name]}</svg>`
}
