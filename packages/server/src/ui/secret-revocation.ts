// Asks before a secret stops working.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { SecretRevocationPage } from '../protocol/page.ts'
import { displayText } from './display-text.ts'
import { confirmation, hiddenFields, ownContent, timed } from './own-frame.ts'
import type { Content, View } from './view.ts'

export function secretRevocationContent(page: SecretRevocationPage, view: View): Content {
  const { words } = view
  const { app, secret } = page
  const names = {
    app: displayText(app.name),
    name: displayText(secret.name),
    hint: displayText(secret.hint),
  }
  const used =
    secret.lastUsedAtSeconds === undefined
      ? html`${words.text('developer.never_used')}`
      : timed('developer.last_used', secret.lastUsedAtSeconds, words)
  return ownContent(page, view, {
    title: words.text('secret_revocation.title', names),
    section: 'developerApps',
    main: html`<p>!${words.markup('secret_revocation.lead', names)}</p>
<ul class="facts"><li>!${used}</li></ul>
!${confirmation(view, {
      action: OWN_PATHS.revokeSecret,
      fields: hiddenFields(page, { app: app.id, secret: secret.id }),
      submit: words.text('secret_revocation.submit'),
      cancel: { path: OWN_PATHS.developerApp, query: { app: app.id } },
    })}`,
  })
}
