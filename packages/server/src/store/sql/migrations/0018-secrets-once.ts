// A secret stands once with its app, so that revoking it ends it, and what was revoked is remembered, so that nothing
// brings it back.

export function secretsOnceSchema(): readonly string[] {
  return [
    // Outlives the app, whose id may be taken again together with a secret that somebody else has learnt.
    `create table revoked_secrets (
      tenant text not null,
      client_id text not null,
      hash text not null,
      primary key (tenant, client_id, hash)
    )`,
    // The one that ends first stays: what people revoked or limited must not go on by its copy.
    `delete from client_secrets
      where exists (
        select 1 from client_secrets as others
        where others.tenant = client_secrets.tenant
          and others.client_id = client_secrets.client_id
          and others.hash = client_secrets.hash
          and (
            coalesce(others.expires_at_seconds, 9007199254740991)
              < coalesce(client_secrets.expires_at_seconds, 9007199254740991)
            or (
              coalesce(others.expires_at_seconds, 9007199254740991)
                = coalesce(client_secrets.expires_at_seconds, 9007199254740991)
              and others.id < client_secrets.id
            )
          )
      )`,
    'create unique index client_secrets_once on client_secrets (tenant, client_id, hash)',
    'drop index client_secrets_by_client',
  ]
}
