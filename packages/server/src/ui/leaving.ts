// Leads on from a form of ours, to the app or to the next step: at once, by itself, without a script; and by a link where browsers hold that back.

import { html } from 'ghtml'
import { displayHost } from '../protocol/redirect-uri.ts'
import { displayText } from './display-text.ts'
import type { Content, View } from './view.ts'

export interface Leaving {
  /** A redirect URI with the answer in it, or an address of ours. */
  readonly address: string
}

export function leavingContent({ address }: Leaving, { words }: View): Content {
  const host = displayText(displayHost(address), 255)
  return {
    title: words.text('leaving.title'),
    leadsTo: address,
    // The link looks like a button.
    stylesheet: 'own.css',
    main: html`<h1>${words.text('leaving.title')}</h1>
<p class="lead">!${words.markup('leaving.lead', { host })}</p>
<p><a class="button primary" href="${address}">${words.text('leaving.continue')}</a></p>`,
  }
}
