// The frame of our own pages: the way between them, who is signed in, what has just been done.

import { html } from 'ghtml'
import { OWN_PATHS, type OwnPath } from '../protocol/own-paths.ts'
import type { OwnPage } from '../protocol/page.ts'
import { icon } from './icons.ts'
import { accountLabel } from './identity.ts'
import type { Content, View } from './view.ts'
import type { MessageKey, Words } from './words.ts'

type Section = 'connectedApps' | 'developerApps'

export interface OwnParts {
  /** Text of the one `<h1>`, and of the title. */
  readonly title: string
  /** HTML after the heading. */
  readonly main: string
  /** HTML before it: the summary of what is wrong. */
  readonly problems?: string
  /** HTML above the heading: the way back. */
  readonly back?: string
  readonly section: Section
}

export function ownContent(page: OwnPage, view: View, parts: OwnParts): Content {
  const { title, problems = '', back = '' } = parts
  return {
    title,
    hasProblem: problems !== '',
    wide: true,
    script: 'page.js',
    stylesheet: 'own.css',
    navigation: navigation(page, view, parts.section),
    main: html`!${problems}!${problems === '' ? notice(page, view.words) : ''}!${back}
<h1><bdi>${title}</bdi></h1>
!${parts.main}`,
  }
}

/** Who follows the vendor's documents looks for the name that they print, whatever language the page is in. */
export function developerPageName(
  key: 'own.developer_apps' | 'developer.title',
  { tenant, words }: Pick<View, 'tenant' | 'words'>,
): string {
  return tenant.rules.developerPageName ?? words.text(key)
}

export function ownHref(
  { ownBase }: View,
  path: OwnPath,
  query: Readonly<Record<string, string>> = {},
): string {
  const text = new URLSearchParams(query).toString()
  return `${ownBase}${path}${text === '' ? '' : `?${text}`}`
}

/** What each form of a signed-in page carries besides its fields. */
export function hiddenFields(
  { token }: OwnPage,
  fields: Readonly<Record<string, string>> = {},
): string {
  return Object.entries({ token, ...fields })
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
    .join('')
}

/** A time as an element that programs can read, too. */
function moment(seconds: number, words: Words): string {
  const machine = new Date(seconds * 1000).toISOString()
  return html`<time datetime="${machine}">${words.moment(seconds)}</time>`
}

/** A sentence with a time in it. */
export function timed(key: MessageKey, seconds: number, words: Words): string {
  return withElement(key, { name: 'date', element: moment(seconds, words) }, words)
}

/** A sentence with an element, as HTML, in the place of one of its values. */
export function withElement(
  key: MessageKey,
  { name, element }: { name: string; element: string },
  words: Words,
): string {
  const [before = '', after = ''] = words.text(key, { [name]: GAP }).split(GAP)
  return html`${before}!${element}${after}`
}

/** Stands where the element goes. */
const GAP = '\u0000'

function notice(page: OwnPage, words: Words): string {
  if (page.notice === undefined) return ''
  return html`<p class="notice" role="status">!${icon('check')}${words.text(`notice.${page.notice}`)}</p>`
}

function navigation({ account }: OwnPage, view: View, section: Section): string {
  const { words, tenant, signOutHref } = view
  const sections: readonly Section[] = tenant.rules.selfService
    ? ['connectedApps', 'developerApps']
    : ['connectedApps']
  const links = sections.map((each) => {
    const current = each === section ? ' aria-current="true"' : ''
    const label =
      each === 'connectedApps'
        ? words.text('own.connected_apps')
        : developerPageName('own.developer_apps', view)
    return html`<li><a href="${ownHref(view, OWN_PATHS[each])}"!${current}>${label}</a></li>`
  })
  const other = ownHref(view, OWN_PATHS.signIn, { section })
  return html`<nav class="own" aria-label="${words.text('own.nav')}">
<ul class="sections">!${links}</ul>
<div class="signed-in">
<p><span class="unseen">${words.text('consent.signed_in_as')} </span>!${accountLabel(account)}</p>
<p class="links"><a href="${other}">${words.text('consent.not_you')}</a><a href="${signOutHref}">${words.text('sign_out.submit')}</a></p>
</div>
</nav>`
}

interface Confirmation {
  readonly action: OwnPath
  /** HTML of the fields. */
  readonly fields: string
  readonly submit: string
  readonly cancel: { readonly path: OwnPath; readonly query?: Readonly<Record<string, string>> }
}

/** The form of a page that asks before something is lost. */
export function confirmation(view: View, { action, fields, submit, cancel }: Confirmation): string {
  return html`<form method="post" action="${ownHref(view, action)}">
!${fields}
<div class="decision">
<a class="button" href="${ownHref(view, cancel.path, cancel.query)}">${view.words.text('consent.cancel')}</a>
<button class="danger" type="submit">${submit}</button>
</div>
</form>`
}
