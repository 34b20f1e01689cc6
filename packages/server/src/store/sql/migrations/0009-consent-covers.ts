// A consent covers the redirect URIs that its app had when it was given: an answer goes to no later one unasked. What
// users have allowed before covers what is registered now. A row of the previous version covers none, so it asks again.

export function consentCoversSchema(): readonly string[] {
  return [
    "alter table consents add column redirect_uris text not null default '[]'",
    `update consents set redirect_uris = coalesce(
      (select clients.redirect_uris from clients
        where clients.tenant = consents.tenant and clients.id = consents.client_id),
      '[]')`,
  ]
}
