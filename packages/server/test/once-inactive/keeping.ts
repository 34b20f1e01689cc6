// Keeps what was given, with whom it is of, and finds it again.

import { end, type Owner, type Token } from './tokens.ts'
import type { World } from './world.ts'

export interface Given {
  readonly access_token?: string
  readonly refresh_token?: string
}

export interface Where {
  readonly world: World
  readonly node: 0 | 1
}

/** @returns the tokens that are new */
export function keep(given: Given, owner: Owner, { world, node }: Where): readonly Token[] {
  const { known, settings, machines } = world
  const issuedAtSeconds = machines.nodes[node].nowSeconds()
  const base = { owner, issuedAtSeconds, contract: settings.contract, isToldToApi: false } as const
  const unknown = {
    hasExpired: false,
    expiresAtSeconds: undefined,
    inactive: undefined,
    spentAtSeconds: undefined,
    successor: undefined,
  }
  const texts = [
    ['access', given.access_token],
    ['refresh', given.refresh_token],
  ] as const
  const tokens = texts.flatMap(([kind, text]): Token[] => {
    const isNew = text !== undefined && !known.tokens.some((token) => token.text === text)
    const name = `${kind} token ${known.tokens.length} of ${owner.client}${owner.user ? ` for ${owner.user}` : ''}`
    return isNew ? [{ ...base, ...unknown, kind, text, name }] : []
  })
  for (const token of tokens) {
    const holder = [owner.client, owner.user, owner.identifier].find(
      (each) => each !== undefined && known.ended.has(each),
    )
    if (holder !== undefined) end(token, `${holder} had ended before it was issued`)
  }
  known.tokens.push(...tokens)
  return tokens
}

export function pick(
  { known }: World,
  which: number,
  isMeant: (token: Token) => boolean = () => true,
): Token | undefined {
  return fromTheLatest(known.tokens.filter(isMeant), which)
}

/** The latest first: those are the ones that can be in many states. */
export function fromTheLatest<Each>(all: readonly Each[], which: number): Each | undefined {
  return all.at(-1 - (which % Math.max(all.length, 1)))
}

export const sameGrant =
  ({ owner }: { readonly owner: Owner }) =>
  ({ grant }: Owner) =>
    grant === owner.grant

export function newGrant({ known }: World): number {
  known.grants += 1
  return known.grants
}

export function tokenPathOf({ contract }: World['nodes'][0]['deps']): string {
  return contract.paths.token ?? ''
}
