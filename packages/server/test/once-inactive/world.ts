// Two nodes over one database, an API that follows their feed, and a copy of the feed on another machine: everything
// real but sockets, and with clocks of its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGuard, type Guard } from '@ostiary/resource'
import { type FeedCopy, openFeedCopy } from '../../src/cli/feed/feed-copy.ts'
import { createFollower } from '../../src/cli/feed/follow-feed.ts'
import type { Store } from '../../src/store/port.ts'
import type { ClientRecord } from '../../src/store/records.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { API, API_SERVER } from '../support/world.ts'
import { type Clocks, createClocks, type Machine } from './clocks.ts'
import type { Settings } from './moves.ts'
import { createNode, type Node } from './node.ts'
import type { Place, Seed } from './place.ts'
import { lendRsaKeys } from './rsa-keys.ts'
import { FIRST_SETTINGS, tenantWith } from './tenants.ts'
import { createKnown, type Known } from './tokens.ts'

export interface World {
  readonly seed: Seed
  readonly place: Place
  readonly clocks: Clocks
  readonly machines: { readonly nodes: readonly [Machine, Machine]; readonly api: Machine }
  readonly known: Known
  settings: Settings
  nodes: readonly [OpenNode, OpenNode]
  guard: Guard
  isFeedAway: boolean
  /** As it was when the backup was made. */
  backup: Backup | undefined
  /** As they were registered, by id. */
  readonly deletedApps: Map<string, ClientRecord>
  readonly copy: { readonly path: string; follow(): Promise<void> }
}

interface Backup {
  readonly ended: ReadonlySet<string>
}

export interface OpenNode extends Node {
  readonly store: Store
}

/** Its clocks are those of this process, until it is closed. */
export async function openWorld(seed: Seed): Promise<World & { close(): Promise<void> }> {
  const clocks = createClocks()
  const machines = {
    nodes: [clocks.createMachine(), clocks.createMachine()] as const,
    api: clocks.createMachine(),
  }
  const place = await seed.createPlace()
  const world: Partial<World> = {
    ...{ seed, place, clocks, machines, known: createKnown(), settings: FIRST_SETTINGS[seed.kind] },
    ...{ isFeedAway: false, backup: undefined, deletedApps: new Map() },
  }
  const open = world as World
  const restoreClocks = clocks.install(machines.api)
  const takeBackKeys = lendRsaKeys()
  open.nodes = await openNodes(open)
  open.guard = newGuard(open)
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-feed-copy-'))
  const path = join(folder, 'feed.jsonl')
  Object.assign(world, { copy: createCopy(open, path) })
  return Object.assign(open, {
    async close() {
      restoreClocks()
      takeBackKeys()
      open.guard.close()
      await closeNodes(open)
      await place.remove()
      rmSync(folder, { recursive: true })
    },
  })
}

export async function openNodes(world: World): Promise<World['nodes']> {
  return [await openNode(world, 0), await openNode(world, 1)]
}

export async function openNode(world: World, index: 0 | 1): Promise<OpenNode> {
  return createOpenNode(world, index, await openStore(world.place.settings, { migrate: false }))
}

/** As after a restart with other settings; what it keeps in memory of the store stays, which makes it no easier. */
export function configureNode(world: World, index: 0 | 1): OpenNode {
  return createOpenNode(world, index, world.nodes[index].store)
}

function createOpenNode({ seed, machines, settings }: World, index: 0 | 1, store: Store): OpenNode {
  const parts = { tenant: tenantWith(settings), clock: machines.nodes[index], sealer: seed.sealer }
  return { ...createNode({ ...parts, store }), store }
}

export async function closeNodes({ nodes }: World): Promise<void> {
  for (const { store } of nodes) await store.close()
}

/** With nothing in its memory. */
export function newGuard(world: World): Guard {
  const { contract } = world.settings
  return createGuard({
    issuer: world.nodes[0].deps.tenant.issuer,
    ...{ audience: API, contract, pollSeconds: 30, descriptions: false },
    introspection: { clientId: API_SERVER.id, clientSecret: API_SERVER.secret ?? '' },
    onRefusal: () => undefined,
    onFeedError: () => undefined,
    fetch: createFetch(world, { isFeedAway: () => world.isFeedAway }),
  })
}

function createCopy(world: World, path: string) {
  const issuer = world.nodes[0].deps.tenant.issuer
  const copy: FeedCopy = openFeedCopy(path, issuer)
  const read = createFollower(copy, { issuer, clock: world.machines.api })
  return {
    path,
    async follow() {
      const wide = globalThis.fetch
      globalThis.fetch = createFetch(world, { isFeedAway: () => false })
      try {
        await read()
      } finally {
        globalThis.fetch = wide
      }
    },
  }
}

/** The first node answers for the issuer. */
function createFetch(world: World, way: { readonly isFeedAway: () => boolean }): typeof fetch {
  return async (input, init) => {
    const [node] = world.nodes
    const { pathname, search } = new URL(String(input))
    if (way.isFeedAway() && pathname === node.deps.contract.paths.revocations) {
      throw new TypeError('fetch failed')
    }
    const { status, body } =
      init?.method === 'POST'
        ? await node.post(pathname, formOf(init), credentialsOf(init))
        : await node.get(pathname, search.slice(1))
    const date = new Date(world.machines.nodes[0].nowMilliseconds()).toUTCString()
    return new Response(JSON.stringify(body), { status, headers: { date } })
  }
}

function formOf({ body }: RequestInit): Record<string, string> {
  return Object.fromEntries((body ?? []) as URLSearchParams)
}

function credentialsOf({ headers }: RequestInit) {
  const [, encoded = ''] = (new Headers(headers).get('authorization') ?? '').split(' ')
  const [id = '', secret] = atob(encoded).split(':')
  return { id: decodeURIComponent(id), secret: decodeURIComponent(secret ?? '') }
}
