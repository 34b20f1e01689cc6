// The last page: nothing is left to do.

import { html } from 'ghtml'
import { icon } from './icons.ts'
import type { Content, View } from './view.ts'

export function signedOutContent({ words }: View): Content {
  const title = words.text('signed_out.title')
  return {
    title,
    main: html`<p class="done" aria-hidden="true">!${icon('check')}</p>
<h1>${title}</h1>
<p class="lead">${words.text('signed_out.lead')}</p>`,
  }
}
