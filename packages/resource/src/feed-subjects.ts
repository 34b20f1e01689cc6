// Under which names the issuer's feed can end a token. Clients and users are named by tags: random, carried by the
// token, and replaced by the issuer with each revocation, so that no clock decides what a revocation covers. Tokens
// from before there were tags are ended by the ids themselves.

export type FeedKind = 'grant' | 'client' | 'user'

export interface Tags {
  readonly client?: string | undefined
  readonly user?: string | undefined
}

interface Subjects {
  readonly subject: string
  readonly clientId: string | undefined
  readonly grantId: string | undefined
}

/** @returns kind and subject, joined by a colon */
export function nameFeedSubjects(token: Subjects, tags: Tags): readonly string[] {
  const userId = token.subject === token.clientId ? undefined : token.subject
  const named: readonly (readonly [FeedKind, string | undefined])[] = [
    ['client', tags.client ?? token.clientId],
    ['user', tags.user ?? userId],
    ['grant', token.grantId],
  ]
  return named.flatMap(([kind, subject]) => (subject === undefined ? [] : [`${kind}:${subject}`]))
}
