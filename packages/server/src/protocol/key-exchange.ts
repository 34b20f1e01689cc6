// What is exchanged for a short token of one organisation and unit, free of any wire format.

/** What stands for a user: a code that suffices, or an identifier with its pass code. */
export type PresentedIdentifier =
  | { readonly kind: 'authentication_code'; readonly code: string }
  | { readonly kind: 'identifier'; readonly identifier: string; readonly passCode: string }

/** An application key of an organisation, for a user of it or for the organisation itself. */
export interface ByKey {
  readonly kind: 'key'
  readonly key: string
  readonly consumer: PresentedIdentifier | undefined
  /** The organisation, where the caller names it although the key tells. */
  readonly organisation: string | undefined
}

/** A JWT of a trusted identity system, which stands for a user. */
export interface ByIdentity {
  readonly kind: 'identity'
  readonly jwt: string
  readonly organisation: string
}

/** A code that stands for a user and comes alone, where the tenant takes it without a key. */
export interface ByCode {
  readonly kind: 'code'
  readonly code: string
  /** undefined where the caller does not name it: then the user belongs to one alone. */
  readonly organisation: string | undefined
}

export type KeyExchange = (ByKey | ByIdentity | ByCode) & {
  /** undefined for the unit the user works in by default. */
  readonly unit: string | undefined
  /** undefined for all that there are. */
  readonly scopes: readonly string[] | undefined
  /** None for the default API. */
  readonly resources: readonly string[]
}
