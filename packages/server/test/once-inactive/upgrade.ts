// Tokens of the version before there were tags, at the moment when the database was upgraded.

import { decodeJwt } from 'jose'
import { act } from './acts.ts'
import type { Move } from './moves.ts'
import type { World } from './world.ts'

const BEFORE: readonly Move[] = [
  { do: 'approve', node: 0, user: 0, app: 0, redeem: true },
  { do: 'approve', node: 0, user: 1, app: 1, redeem: true },
  { do: 'fetch', node: 0, by: 'machine' },
]

export async function issueWithoutTags(world: World): Promise<void> {
  for (const move of BEFORE) await act(move, world)
  const signer = await world.nodes[0].deps.keys.signer()
  const { tokens } = world.known
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'access') continue
    const { rev: _, ...claims } = decodeJwt(token.text)
    const text = await signer.sign('at+jwt', claims)
    tokens[index] = { ...token, text, name: `${token.name} without tags` }
  }
}
