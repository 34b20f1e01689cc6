// Mutants of the feed that is pushed: how long requests are held, what they hold up, and how a guard follows.

import { flows, STORE, unit } from '../commands.ts'
import type { Area, TestCommand } from '../mutant.ts'

const NEWS = 'server/src/feed/news.ts'
const FOLLOWERS = 'server/src/feed/followers.ts'
const SHARED = 'server/src/feed/shared-followers.ts'
const REVOKE = 'server/src/endpoints/revoke.ts'
const PLACES = 'server/src/feed/places.ts'
const ENDPOINT = 'server/src/endpoints/revocation-feed.ts'
const HOLD = 'server/src/http/hold.ts'
const TRAFFIC = 'server/src/http/traffic.ts'
const FOLLOWER = 'resource/src/revocation-feed.ts'
const PACE = 'resource/src/feed-pace.ts'
const QUIET = 'resource/src/quiet-requests.ts'

const AWAITED_NODES: TestCommand = { project: 'cluster', files: ['cluster/awaited-nodes'] }
const EXCHANGE: TestCommand = { project: 'store', files: ['store/postgres-exchange'] }
const heldFeed = flows('flows/held-feed')
const awaited = flows('flows/awaited-followers')
const guard = unit('resource/test/held-feed.test')

export const heldFeedMutants: Area = {
  name: 'The pushed feed',
  mutants: [
    {
      name: 'held: news wakes nobody',
      breaks: 'L3',
      file: NEWS,
      find: 'if (isNews(state, waiter.from)) waiter.wake()',
      replace: 'if (state.lastSequence < 0) waiter.wake()',
      killedBy: heldFeed,
    },
    {
      name: 'told: what is told while the feed is read is missed',
      breaks: 'L3',
      file: NEWS,
      find: 'if (this.#told !== mark) void',
      replace: 'if (this.#told < mark) void',
      killedBy: unit('src/feed/news.test'),
    },
    {
      name: 'told: lines are told of before they are durable',
      breaks: 'L3',
      file: 'server/src/store/sql/postgres.ts',
      find: 'if (step.news) news.push(step.news)',
      replace: 'if (step.news) this.#tell(step.news)',
      killedBy: EXCHANGE,
    },
    {
      name: 'told: who listens is believed to hear',
      breaks: 'L3',
      file: 'server/src/store/sql/postgres-listener.ts',
      find: 'this.#surroundings.send(this.#echo)',
      replace: 'this.#hears = true',
      killedBy: EXCHANGE,
    },
    {
      name: 'told: a connection that was cut is not made anew',
      breaks: 'L3',
      file: 'server/src/store/sql/postgres-listener.ts',
      find: '() => this.#begin())\n    this.#hears',
      replace: '() => undefined)\n    this.#hears',
      killedBy: EXCHANGE,
    },
    {
      name: 'held: a source may have any number of places',
      breaks: 'E21',
      file: PLACES,
      find: 'ofSource >= limits.ofSource || inAll >= limits.inAll',
      replace: 'inAll >= limits.inAll',
      killedBy: heldFeed,
    },
    {
      name: 'held: places are never given back',
      breaks: 'E21',
      file: PLACES,
      find: '    else bySource.delete(source)',
      replace: '    else bySource.set(source, 1)',
      killedBy: heldFeed,
    },
    {
      name: 'held: what is told already is waited for',
      breaks: 'L3',
      file: ENDPOINT,
      find: 'waitSeconds === 0 || page.lastSequence !== after',
      replace: 'waitSeconds === 0',
      killedBy: heldFeed,
    },
    {
      name: 'held: proxies may keep an answer that was waited for',
      breaks: 'L3',
      file: ENDPOINT,
      find: "waitSeconds === 0 ? 'public, max-age=1' : 'no-store'",
      replace: "'public, max-age=1'",
      killedBy: heldFeed,
    },
    {
      name: 'held: requests that wait hold places of admission',
      breaks: 'R15',
      file: HOLD,
      find: '      this.giveBackPlace?.()\n',
      replace: '',
      killedBy: heldFeed,
    },
    {
      name: 'held: a server that leaves lets them wait',
      breaks: 'R9',
      file: HOLD,
      find: "  departure.begun.addEventListener('abort', end)\n",
      replace: '',
      killedBy: heldFeed,
    },
    {
      name: 'held: callers who are gone keep their place',
      breaks: 'E21',
      file: HOLD,
      find: "  socket.once('close', end)\n",
      replace: '',
      killedBy: heldFeed,
    },
    {
      name: 'held: waiting counts as slowness',
      breaks: 'R15',
      file: TRAFFIC,
      find: 'reply.elapsedTime - request.heldMilliseconds',
      replace: 'reply.elapsedTime',
      killedBy: heldFeed,
    },
    {
      name: 'awaited: the answer waits for nobody',
      breaks: 'L3',
      file: REVOKE,
      find: 'deps.tenant.policy.revocationWaitsForApis ? await whenConfirmed(request, deps) : DONE',
      replace: 'DONE',
      killedBy: awaited,
    },
    {
      name: 'awaited: whatever the policy says, the answer waits',
      breaks: 'L3',
      file: REVOKE,
      find: 'deps.tenant.policy.revocationWaitsForApis ? await whenConfirmed(request, deps) : DONE',
      replace: 'await whenConfirmed(request, deps)',
      killedBy: awaited,
    },
    {
      name: 'awaited: who hangs is waited for each time',
      breaks: 'E21',
      file: FOLLOWERS,
      find: '      for (const each of late) each.isPrompt = false\n',
      replace: '',
      killedBy: awaited,
    },
    {
      name: 'awaited: strangers are waited for',
      breaks: 'E21',
      file: ENDPOINT,
      find: '  if (request.authorization === undefined) return undefined\n  const { id } = await authenticateApi(request, deps)\n',
      replace: "  const id = request.authorization ?? 'anybody'\n",
      killedBy: awaited,
    },
    {
      name: 'awaited: those who follow another node are not waited for',
      breaks: 'L3',
      file: SHARED,
      find: 'if (followers.length === 0) return 0',
      replace: 'if (followers.length >= 0) return 0',
      killedBy: AWAITED_NODES,
    },
    {
      name: 'awaited: who hangs at another node is waited for each time',
      breaks: 'E21',
      file: SHARED,
      find: 'return await store.recordLapses({ tenant, sequence, followers })',
      replace: 'return followers.length',
      killedBy: AWAITED_NODES,
    },
    {
      name: 'awaited: followers are written down for tenants that wait for nobody',
      breaks: 'L3',
      file: SHARED,
      find: 'noted === undefined || !asking.isAwaited',
      replace: 'noted === undefined',
      killedBy: AWAITED_NODES,
    },
    {
      name: 'awaited: any number of followers is waited for',
      breaks: 'E21',
      file: 'server/src/store/sql/followers.ts',
      find: '/** Of one tenant. */\nconst MOST = 64',
      replace: 'const MOST = 1000',
      killedBy: STORE,
    },
    {
      name: 'awaited: who let a wait lapse is waited for when it asks again',
      breaks: 'E21',
      file: 'server/src/store/sql/followers.ts',
      find: 'then 1 else feed_followers.is_prompt end',
      replace: 'then 1 else 1 end',
      killedBy: STORE,
    },
    {
      name: 'follower: the command asks for no waiting',
      breaks: 'L3',
      file: 'server/src/cli/feed-commands.ts',
      find: 'isReached = turn.problem === undefined',
      replace: 'isReached = false',
      killedBy: { ...flows('flows/backup-and-restore'), names: 'a follower is told' },
    },
    {
      name: 'follower: refused credentials end its following',
      breaks: 'L3',
      file: FOLLOWER,
      find: 'if (error instanceof StatusError && UNWANTED.has(error.status)) this.#stayUnnamed(error)',
      replace: 'if (error instanceof StatusError) throw error',
      killedBy: awaited,
    },
    {
      name: 'follower: it never asks to wait',
      breaks: 'L3',
      file: FOLLOWER,
      find: 'this.#read(isHeld ? this.#pace.waitSeconds : 0)',
      replace: 'this.#read(0)',
      killedBy: guard,
    },
    {
      name: 'follower: a cut is a failure of the feed',
      breaks: 'L3',
      file: FOLLOWER,
      find: 'if (waitSeconds > 0 && !isOfFormat) {',
      replace: 'if (waitSeconds < 0 && !isOfFormat) {',
      killedBy: guard,
    },
    {
      name: 'follower: catching up waits for what is held',
      breaks: 'L3',
      file: FOLLOWER,
      find: 'if (this.#reading?.waitSeconds === 0) return this.#reading.done',
      replace: 'if (this.#reading) return this.#reading.done',
      killedBy: guard,
    },
    {
      name: 'follower: a closed guard goes on being told',
      breaks: 'L3',
      file: FOLLOWER,
      find: '    if (this.#reading?.waitSeconds !== 0) this.#abandon()\n',
      replace: '',
      killedBy: guard,
    },
    {
      name: 'follower: what is never held is asked for without a pause',
      breaks: 'E21',
      file: PACE,
      find: 'this.#early > 1 ? this.#pollMilliseconds :',
      replace: 'this.#early > 1 ? LEAST_MILLISECONDS :',
      killedBy: guard,
    },
    {
      name: 'follower: cuts do not shorten the wait',
      breaks: 'L3',
      file: PACE,
      find: 'this.#waitSeconds = half < LEAST_WAIT_SECONDS ? 0 : half',
      replace: 'this.#waitSeconds = LONGEST_WAIT_SECONDS',
      killedBy: guard,
    },
    {
      name: 'follower: the way it follows after cuts is for ever',
      breaks: 'L3',
      file: PACE,
      find: 'this.#waitSeconds < LONGEST_WAIT_SECONDS && this.#isForgotten()',
      replace: 'this.#waitSeconds > LONGEST_WAIT_SECONDS && this.#isForgotten()',
      killedBy: guard,
    },
    {
      name: 'follower: a held request keeps the process alive',
      breaks: 'L3',
      file: QUIET,
      find: '  if (quiet.has(String(request.origin) + request.path)) socket.unref?.()\n',
      replace: '  if (request === undefined) socket.unref?.()\n',
      killedBy: guard,
    },
  ],
}
