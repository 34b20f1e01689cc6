// Branded strings: a client id cannot be passed where a grant id is meant, at no cost when running.

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type ClientId = Branded<'ClientId'>
export type GrantId = Branded<'GrantId'>
export type UserId = Branded<'UserId'>

/** SHA-256 of a secret that was handed out, in base64url: the only form in which the store knows it. */
export type TokenHash = Branded<'TokenHash'>

export const asClientId = (value: string) => value as ClientId
export const asGrantId = (value: string) => value as GrantId
export const asUserId = (value: string) => value as UserId
