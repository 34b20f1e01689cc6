// Branded strings: a client id cannot be passed where a grant id is meant, at no cost when running.

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type ClientId = Branded<'ClientId'>
export type GrantId = Branded<'GrantId'>
export type UserId = Branded<'UserId'>

/**
 * Names an app or a user to those who hold its tokens, and to nobody else: 20 hexadecimal digits. It is renewed when
 * their tokens are ended, so a former one is void for ever, whenever a token that carries it was minted.
 */
export type RevocationTag = Branded<'RevocationTag'>

/** SHA-256 of a secret that was handed out, in base64url: the only form in which the store knows it. */
export type TokenHash = Branded<'TokenHash'>

export const asClientId = (value: string) => value as ClientId
export const asGrantId = (value: string) => value as GrantId
export const asRevocationTag = (value: string) => value as RevocationTag
export const asUserId = (value: string) => value as UserId
