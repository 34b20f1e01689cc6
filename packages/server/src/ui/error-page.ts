// The error page, for three readers: the person, the developer of the app (folded away), and support.
// It never names what is registered: it is shown to strangers.

import { html } from 'ghtml'
import type { ErrorPage } from '../protocol/page.ts'
import type { PageErrorReason } from '../protocol/page-reasons.ts'
import { displayText } from './display-text.ts'
import type { Content, View } from './view.ts'

const RECEIVED_LENGTH = 500

/** Reasons that come before any decision, so that we may say that the app got nothing. */
const NOTHING_SHARED = new Set<PageErrorReason>([
  'client_id_missing',
  'client_unknown',
  'redirect_uri_missing',
  'redirect_uri_mismatch',
  'request_malformed',
  'interaction_of_other_browser',
  'cross_site_post',
])

export function errorContent(page: ErrorPage, view: View): Content {
  const { words } = view
  const requestId = displayText(page.requestId)
  const title = words.text(`error.${page.reason}.title`)
  return {
    title,
    hasProblem: true,
    mailSubject: words.text('error.support_subject', { code: page.reason, request: requestId }),
    script: 'page.js',
    main: html`<h1>${title}</h1>
<p class="lead">${words.text(`error.${page.reason}.person`)}</p>
!${reassurance(page, view)}
!${wayOn(page, view)}
<button class="back" type="button" hidden>${words.text('layout.back')}</button>
!${developerDetails(page, view)}
<p class="support">${words.text('error.support')} <code class="request-id">${requestId}</code></p>`,
  }
}

function reassurance({ reason, retryAfterSeconds }: ErrorPage, { words }: View): string {
  if (NOTHING_SHARED.has(reason)) return html`<p>${words.text('error.nothing_shared')}</p>`
  if (retryAfterSeconds === undefined) return ''
  const duration = words.duration(retryAfterSeconds)
  return html`<p>${words.text('error.retry_after', { duration })}</p>`
}

function wayOn({ continueWith }: ErrorPage, { words, actions }: View): string {
  if (continueWith === undefined) return ''
  const href = `${actions.authorize}?${continueWith}`
  return html`<p><a class="continue" href="${href}">${words.text('error.continue')}</a></p>`
}

function developerDetails(page: ErrorPage, { words }: View): string {
  const { reason, received, difference } = page
  return html`<details class="developer">
<summary>${words.text('error.developer')}</summary>
<p>${words.text(`error.${reason}.developer`)}</p>
<dl>
<dt>${words.text('error.code')}</dt><dd><code>${reason}</code></dd>
!${received && html`<dt>${words.text('error.received')}</dt><dd><code><bdi>${displayText(received, RECEIVED_LENGTH)}</bdi></code></dd>`}
!${difference && html`<dt>${words.text('error.difference')}</dt><dd>${words.text(`difference.${difference}`)}</dd>`}
</dl>
</details>`
}
