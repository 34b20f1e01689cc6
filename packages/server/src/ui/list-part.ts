// The way on from a page that shows a part of a list, and back to its start.

import { html } from 'ghtml'
import type { OwnPath } from '../protocol/own-paths.ts'
import type { PagePart } from '../protocol/page.ts'
import { icon } from './icons.ts'
import { ownHref } from './own-frame.ts'
import type { View } from './view.ts'

export function partLinks(
  { next, isFirst }: PagePart,
  view: View,
  list: {
    readonly path: OwnPath
    /** What the list is of, where there are several on a page. */
    readonly query?: Readonly<Record<string, string>>
    /** Says what there is more of. */
    readonly more: string
  },
): string {
  if (next === undefined && isFirst) return ''
  const more = ownHref(view, list.path, { ...list.query, from: next ?? '' })
  const onward =
    next === undefined
      ? ''
      : html`<a class="button" href="${more}">${list.more}!${icon('arrow')}</a>`
  const back = isFirst
    ? ''
    : html`<a href="${ownHref(view, list.path)}">${view.words.text('own.list_start')}</a>`
  return html`<p class="part">!${onward}!${back}</p>`
}
