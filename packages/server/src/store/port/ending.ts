// What every ending of a client, a grant or a user is told, and ids that may be used once.

import type { JwtShape } from '../../protocol/access-token-facts.ts'
import type { ClientId, GrantId, RevocationTag, UserId } from '../../protocol/ids.ts'
import type { AuditEventRecord } from '../records.ts'
import type { Allowance } from './guessing.ts'

/** Of whatever is ended. */
export interface Ending {
  readonly tenant: string
  readonly nowSeconds: number
}

/** Of what holds a tag: an app, a key, an issuer or a user, with all tokens that carry the tag. */
export interface HolderEnding extends Ending {
  /** Takes the place of the one that is void from now on. */
  readonly newTag: RevocationTag
  /** What the tokens of the tenant can be named by besides their grant, as its contract has it. */
  readonly tokensName: JwtShape['names']
}

export interface ClientEnding extends HolderEnding {
  readonly id: ClientId
}

/** Something that may happen once: the answer to a page, a JWT id. */
export interface OneTimeId {
  readonly tenant: string
  readonly purpose: string
  readonly id: string
  readonly expiresAtSeconds: number
}

/** Of a JWT that is good for one use, and that was made by somebody else. */
export interface JwtId extends OneTimeId {
  /** The earliest moment at which it can have been made, by our clocks. */
  readonly madeAtSeconds: number
}

/** A client_credentials token that was presented: all that is known of its grant, which has no record. */
export interface MachineToken {
  readonly expiresAtSeconds: number
  /** How often its app may end such a token: counted with the line of the feed that this one becomes. */
  readonly allowance: Allowance
}

export interface GrantEnding extends Ending {
  readonly grantId: GrantId
  /** Without effect where the grant has a record. */
  readonly machineToken?: MachineToken | undefined
  /** Whether what the user allowed is forgotten with it, if it ends now: the app has to ask again. */
  readonly endsConsent?: boolean | undefined
  /** Stored with it, if it ends now. */
  readonly event?: AuditEventRecord | undefined
}

export interface UserEnding extends HolderEnding {
  readonly userId: UserId
}

export interface UserGrantsEnding extends UserEnding {
  readonly clientId: ClientId | null
  /** undefined for all of them. */
  readonly organisationId?: string | null | undefined
}

export interface AccessIdentifierEnding extends Ending {
  readonly id: string
}
