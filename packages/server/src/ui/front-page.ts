// The page at the address of an issuer. Says what is there and where to go on; to strangers, so it names no users and no
// versions.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { FrontPage } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { developerPageName, ownHref } from './own-frame.ts'
import type { Content, View } from './view.ts'

export function frontContent(page: FrontPage, view: View): Content {
  const { words, tenant } = view
  const { issuer, sections } = page
  const title = words.text(issuer === undefined ? 'front.house_title' : 'front.title')
  const company = displayText(tenant.displayName)
  const lead = sections.length > 0 ? 'front.lead' : 'front.lead_apps'
  const what =
    issuer === undefined ? html`${words.text('front.house_lead')}` : words.markup(lead, { company })
  return {
    title,
    main: html`<h1>${title}</h1>
<p class="lead">!${what}</p>
!${issuer === undefined ? '' : waysOn(issuer, page, view)}
<p class="support">${words.text('front.operator')}</p>`,
  }
}

const HINTS = {
  connectedApps: 'front.connected_apps',
  developerApps: 'front.developer_apps',
} as const

function waysOn(issuer: string, { sections }: FrontPage, view: View): string {
  const { words } = view
  const metadata = `${issuer}/.well-known/oauth-authorization-server`
  const ways = [
    ...sections.map((section) => ({
      href: ownHref(view, OWN_PATHS[section]),
      label:
        section === 'connectedApps'
          ? words.text('own.connected_apps')
          : developerPageName('developer.title', view),
      hint: words.text(HINTS[section]),
    })),
    {
      href: metadata,
      label: words.text('front.metadata'),
      hint: words.text('front.metadata_hint'),
    },
  ]
  const items = ways.map(
    ({ href, label, hint }) =>
      html`<li><a href="${href}">${label}</a><p class="hint">${hint}</p></li>`,
  )
  return html`<ul class="ways">!${items}</ul>`
}
