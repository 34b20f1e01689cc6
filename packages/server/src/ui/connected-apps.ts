// What has access to the user's data, in words, and the way to end it.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { ConnectedAppsPage, PageConnection } from '../protocol/page.ts'
import { scopeGroups } from './consent-scopes.ts'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import { appLinks, appName, appPublisher, monogram } from './identity.ts'
import { partLinks } from './list-part.ts'
import { ownContent, ownHref, timed } from './own-frame.ts'
import type { Content, View } from './view.ts'

export function connectedAppsContent(page: ConnectedAppsPage, view: View): Content {
  const { words, tenant } = view
  const company = displayText(tenant.displayName)
  const main =
    page.connections.length === 0
      ? html`<p class="lead">!${words.markup('connected.none', { company })}</p>
<p>${words.text('connected.none_hint')}</p>`
      : html`<p class="lead">!${words.markup('connected.lead', { company })}</p>
!${page.connections.map((connection) => connectionSection(connection, view))}
!${partLinks(page.part, view, { path: OWN_PATHS.connectedApps, more: words.text('connected.more') })}`
  return ownContent(page, view, {
    title: words.text('connected.title'),
    section: 'connectedApps',
    main,
  })
}

function connectionSection(connection: PageConnection, view: View): string {
  const { words } = view
  const { clientId, organisationId = '' } = connection
  const app = appName(connection.app, view)
  const href = ownHref(view, OWN_PATHS.removeConnectedApp, {
    app: clientId,
    organisation: organisationId,
  })
  return html`<section>
!${describeConnection(connection, view)}
<a class="button" href="${href}">${words.text('connected.remove', { app })}</a>
</section>`
}

/** Who it is, for which organisation, what it can do, since when. */
export function describeConnection(connection: PageConnection, view: View): string {
  const { words } = view
  const app = appName(connection.app, view)
  const { organisation, scopes, sinceSeconds, lastUsedAtSeconds } = connection
  const place =
    organisation === undefined
      ? ''
      : html`<p class="fact">!${icon('building')}<span>!${words.markup('consent.organisation', { organisation: displayText(organisation) })}</span></p>`
  const list =
    scopes.length === 0
      ? html`<p class="fact">${words.text('consent.scopes_none')}</p>`
      : html`<details class="scopes" open><summary>${words.text('connected.scopes')}</summary>
!${scopeGroups(scopes, words)}
</details>`
  const used =
    lastUsedAtSeconds === undefined
      ? ''
      : html`<li>!${timed('connected.last_used', lastUsedAtSeconds, words)}</li>`
  return html`<h2 class="titled">!${monogram(app)}<bdi>${app}</bdi></h2>
<p class="byline">!${appPublisher(connection.app, view)}!${appLinks(connection.app, view)}</p>
!${place}!${list}
<ul class="facts"><li>!${timed('connected.since', sinceSeconds, words)}</li>!${used}</ul>`
}
