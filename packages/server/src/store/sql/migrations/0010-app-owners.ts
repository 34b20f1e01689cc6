// Who may change an app in the portal: the account holder who registered it, and the admins of its organisation. For
// the apps that are there already, the audit trail knows who registered them.

export function appOwnersSchema(): readonly string[] {
  return [
    'alter table clients add column registered_by text',
    "alter table memberships add column role text not null default 'member'",
    `update clients set registered_by = (
      select substr(min(actor), 6) from audit_events
      where audit_events.tenant = clients.tenant
        and action = 'client.created'
        and actor like 'user:%'
        and target = 'client:' || clients.id
    )`,
  ]
}
