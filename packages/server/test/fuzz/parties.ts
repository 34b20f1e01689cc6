// Who takes part: apps, machines and holders of keys, each with everything that it may know. A request takes what it
// sends from one party, or from several, which is where trouble begins.

/** What a party can know. */
export type Member =
  | 'client_id'
  | 'client_secret'
  | 'redirect_uri'
  | 'code'
  | 'verifier'
  | 'challenge'
  | 'refresh_token'
  | 'access_token'
  | 'id_token'
  | 'application_key'
  | 'authentication_code'
  | 'cookies'
  | 'interaction'
  | 'form_token'
  | 'account'

/** What must never be in an answer to somebody else, nor in the log. */
const SECRET_MEMBERS: readonly Member[] = [
  'client_secret',
  'code',
  'refresh_token',
  'access_token',
  'id_token',
  'application_key',
  'authentication_code',
  'cookies',
]
/** Those that give tokens for a user, for the app that they were made for. */
const GRANTING_MEMBERS: readonly Member[] = [
  'code',
  'refresh_token',
  'application_key',
  'authentication_code',
]

export interface Party {
  readonly name: string
  /** `client_id` of its tokens; undefined for who only asks about those of others. */
  readonly clientId: string | undefined
  readonly isPublic: boolean
  /** Of the user that its codes and tokens stand for. */
  readonly userId: string | undefined
  readonly scopes: readonly string[]
  readonly members: Map<Member, string[]>
}

/** A value that was sent, and whose it is. */
export interface Presented {
  readonly party: Party
  readonly member: Member
  readonly value: string
}

export class Parties {
  readonly all: readonly Party[]
  /** Those that have given tokens. */
  readonly spentCodes = new Set<string>()

  constructor(all: readonly Party[]) {
    this.all = all
  }

  /** The party with this number; numbers go round. */
  at(number: number): Party {
    const party = this.all[number % this.all.length]
    if (!party) throw new Error('there are no parties')
    return party
  }

  /** The same, of those alone who know such a thing. */
  knowing(member: Member, number: number): Party {
    const some = this.all.filter(({ members }) => members.has(member))
    return some[number % Math.max(1, some.length)] ?? this.at(number)
  }

  ofClient(clientId: string): readonly Party[] {
    return this.all.filter((party) => party.clientId === clientId)
  }

  /** Everything secret that is known so far. */
  secrets(): readonly Presented[] {
    return this.all.flatMap((party) =>
      SECRET_MEMBERS.flatMap((member) =>
        (party.members.get(member) ?? []).map((value) => ({ party, member, value })),
      ),
    )
  }
}

export function know(party: Party, member: Member, value: string | undefined | null): void {
  if (value === undefined || value === null || value === '') return
  const values = party.members.get(member) ?? []
  if (!values.includes(value)) values.push(value)
  party.members.set(member, values)
}

/** The latest ones first. */
export function takeFrom(party: Party, member: Member, number: number): string {
  const values = party.members.get(member) ?? []
  return values[values.length - 1 - (number % Math.max(1, values.length))] ?? 'nothing'
}

export function isGranting({ member }: Presented): boolean {
  return GRANTING_MEMBERS.includes(member)
}
