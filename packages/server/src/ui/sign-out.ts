// Asks before signing out, so that no other site can do it for the user (OIDC RP-Initiated Logout §2).

import { html } from 'ghtml'
import type { SignOutPage } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { accountLabel } from './identity.ts'
import type { Content, View } from './view.ts'

export function signOutContent(page: SignOutPage, { words, tenant, actions }: View): Content {
  const company = displayText(tenant.displayName)
  const title = words.text('sign_out.title', { company })
  const count = page.accounts.length
  const accounts = page.accounts.map((account) => html`<li>!${accountLabel(account)}</li>`)
  return {
    title,
    script: 'page.js',
    main: html`<h1>${title}</h1>
!${count === 0 ? '' : html`<p class="lead">${words.text('sign_out.lead', { count })}</p><ul class="accounts">!${accounts}</ul>`}
<form method="post" action="${actions.signOut}">
<input type="hidden" name="token" value="${page.token}">
<button class="primary" type="submit">${words.text('sign_out.submit')}</button>
</form>
<p class="hint">${words.text('sign_out.stay')}</p>`,
  }
}
