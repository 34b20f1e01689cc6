// What a token may reach: whose rows it sees, and whether it may change them.

import { type AccessToken, type ContractName, TokenError } from '@ostiary/resource'
import type { Owner } from './store.ts'

export interface AccessOptions {
  /** Wire contract of the issuer. The tokens of `crm-com` are a consumer's, who sees his own rows and changes none. */
  readonly contract?: ContractName
  /** The organisation of a user, for tokens that name none (`financial-cents`): a product knows its own users. */
  readonly organisationOf?: (userId: string) => string | undefined
}

export interface Access {
  /** Whose rows the token sees. @throws TokenError organisation_mismatch */
  ownerOf(token: AccessToken): Owner
  /** @throws TokenError */
  mayRead(token: AccessToken): boolean
  /** @throws TokenError */
  mayWrite(token: AccessToken): boolean
}

export function createAccess({ contract, organisationOf }: AccessOptions): Access {
  const isOfConsumer = contract === 'crm-com'

  function ownerOf(token: AccessToken): Owner {
    const { userId, unitId } = token
    const organisationId =
      token.organisationId ?? (userId === undefined ? undefined : organisationOf?.(userId))
    if (organisationId === undefined) throw withoutOrganisation()
    return { organisationId, unitId, consumerId: isOfConsumer ? token.subject : undefined }
  }

  const mayRead = (token: AccessToken) => ownerOf(token) !== undefined
  return {
    ownerOf,
    mayRead,
    mayWrite: (token) => {
      if (isOfConsumer) throw readOnly()
      return mayRead(token)
    },
  }
}

function withoutOrganisation(): TokenError {
  return new TokenError('organisation_mismatch', {
    description:
      'This token is for no organisation, so there is no data that it could reach. ' +
      'Get one for an organisation: the user chooses it on the consent page, and an app acting ' +
      'for itself must belong to one.',
  })
}

function readOnly(): TokenError {
  return new TokenError('check_failed', {
    description: 'This token is for the data of one consumer, and only to read it.',
  })
}
