// Whoever redeems a code counts the grants that the user and the app have for that organisation: up to a hundred rows,
// which this index alone tells of.

export function countGrantsSchema(): readonly string[] {
  return [
    'drop index grants_by_user',
    `create index grants_by_user on grants (tenant, user_id, client_id, organisation_id)
      where revoked_at_seconds is null`,
  ]
}
