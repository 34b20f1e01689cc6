// A verified e-mail address can be typed in place of a user name, so it is looked up with every sign-in.

export function verifiedAddressesSchema(): readonly string[] {
  return [
    `create index users_by_verified_address on users (tenant, lower(email))
      where email_verified = 1`,
  ]
}
