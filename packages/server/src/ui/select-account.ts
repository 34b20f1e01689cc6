// The account chooser: every account that is signed in in this browser, and a way to add another.

import { html } from 'ghtml'
import type { SelectAccountPage } from '../protocol/page.ts'
import { icon } from './icons.ts'
import { accountLabel, appName } from './identity.ts'
import type { Content, View } from './view.ts'

export function selectAccountContent(page: SelectAccountPage, view: View): Content {
  const { words, actions } = view
  return {
    title: words.text('select_account.title'),
    script: 'page.js',
    main: html`<h1>${words.text('select_account.title')}</h1>
<p class="lead">!${words.markup('select_account.lead', { app: appName(page.app, view) })}</p>
<form method="post" action="${actions.account}">
<input type="hidden" name="interaction" value="${page.interaction}">
<ul class="choices">
!${page.accounts.map(
      (account) =>
        html`<li><button type="submit" name="account" value="${account.id}">!${accountLabel(account)}</button></li>`,
    )}
<li><button type="submit" name="account" value=""><span class="monogram" aria-hidden="true">!${icon('plus')}</span><span class="who"><span class="name">${words.text('select_account.other')}</span></span></button></li>
</ul>
</form>`,
  }
}
