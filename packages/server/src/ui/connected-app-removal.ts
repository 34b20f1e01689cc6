// Asks before an app loses its access, and says honestly when that is.

import { html } from 'ghtml'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { ConnectedAppRemovalPage } from '../protocol/page.ts'
import { describeConnection } from './connected-apps.ts'
import { displayText } from './display-text.ts'
import { appName } from './identity.ts'
import { confirmation, hiddenFields, ownContent } from './own-frame.ts'
import type { Content, View } from './view.ts'

export function connectedAppRemovalContent(page: ConnectedAppRemovalPage, view: View): Content {
  const { words, tenant } = view
  const { connection } = page
  const names = { app: appName(connection.app, view), company: displayText(tenant.displayName) }
  const fields = { app: connection.clientId, organisation: connection.organisationId ?? '' }
  return ownContent(page, view, {
    title: words.text('connected_removal.title', names),
    section: 'connectedApps',
    main: html`<p>!${words.markup('connected_removal.lead', names)}</p>
<section>
!${describeConnection(connection, view)}
</section>
<p>${words.text('connected_removal.seconds')}</p>
<p>${words.text('connected_removal.again')}</p>
!${confirmation(view, {
      action: OWN_PATHS.removeConnectedApp,
      fields: hiddenFields(page, fields),
      submit: words.text('connected_removal.submit'),
      cancel: { path: OWN_PATHS.connectedApps },
    })}`,
  })
}
