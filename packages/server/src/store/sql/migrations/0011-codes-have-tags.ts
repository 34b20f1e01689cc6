// A code holds the tags of its app and user as they were when it was given: under others it is worth nothing.

export function codesHaveTagsSchema(): readonly string[] {
  return [
    `alter table codes add column client_tag text not null default ''`,
    `alter table codes add column user_tag text not null default ''`,
    `update codes set
      client_tag = coalesce((select tag from clients
        where clients.tenant = codes.tenant and clients.id = client_id), ''),
      user_tag = coalesce((select tag from users
        where users.tenant = codes.tenant and users.id = user_id), '')`,
  ]
}
