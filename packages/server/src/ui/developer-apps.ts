// The apps that a developer has registered, or the way to the first one.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppsPage, PageDeveloperApp } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import { monogram } from './identity.ts'
import { partLinks } from './list-part.ts'
import { developerPageName, ownContent, ownHref, timed } from './own-frame.ts'
import type { Content, View } from './view.ts'

export function developerAppsContent(page: DeveloperAppsPage, view: View): Content {
  const { words, tenant } = view
  const company = displayText(tenant.displayName)
  const isEmpty = page.organisations.every(({ apps }) => apps.length === 0)
  const create = html`<p><a class="button primary" href="${ownHref(view, OWN_PATHS.newDeveloperApp)}">!${icon('plus')}${words.text('developer.create')}</a></p>`
  const lists = isEmpty
    ? html`<p>${words.text('developer.none')}</p>`
    : page.organisations
        .map((each) => appList(each, page.organisations.length > 1 || !each.part.isFirst, view))
        .join('')
  return ownContent(page, view, {
    title: developerPageName('developer.title', view),
    section: 'developerApps',
    main: html`<p class="lead">!${words.markup('developer.lead', { company })}</p>
!${lists}
!${create}`,
  })
}

function appList(
  { id, name, apps, part }: DeveloperAppsPage['organisations'][number],
  isOneOfSeveral: boolean,
  view: View,
): string {
  if (apps.length === 0) return ''
  const heading = isOneOfSeveral
    ? html`<h2 class="titled">!${icon('building')}<bdi>${displayText(name)}</bdi></h2>`
    : ''
  const more = view.words.text('developer.more', { organisation: displayText(name) })
  return html`<section>
!${heading}
<ul class="rows">!${apps.map((app) => appRow(app, view))}</ul>
!${partLinks(part, view, { path: OWN_PATHS.developerApps, query: { organisation: id }, more })}
</section>`
}

function appRow(app: PageDeveloperApp, view: View): string {
  const href = ownHref(view, OWN_PATHS.developerApp, { app: app.id })
  const name = displayText(app.name)
  return html`<li>!${monogram(name)}<div><a href="${href}"><bdi>${name}</bdi></a>!${appFacts(app, view)}</div></li>`
}

/** Where it runs, since when it is there, when it was last used. */
export function appFacts(app: PageDeveloperApp, { words, tenant }: View): string {
  const company = displayText(tenant.displayName)
  const used =
    app.lastUsedAtSeconds === undefined
      ? html`${words.text('developer.never_used')}`
      : timed('developer.last_used', app.lastUsedAtSeconds, words)
  const disabled = app.disabled
    ? html`<li><span class="tag caution">!${icon('warning')}<span>!${words.markup('developer.disabled', { company })}</span></span></li>`
    : ''
  return html`<ul class="facts">!${disabled}<li>${words.text(`developer.type_${app.type}`)}</li><li>!${timed('developer.created', app.createdAtSeconds, words)}</li><li>!${used}</li></ul>`
}
