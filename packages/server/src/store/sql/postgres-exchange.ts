// Tells the processes on one PostgreSQL what each of them has committed. What a transaction says with NOTIFY makes it
// hold a lock of the whole server until its commit is on the disk, so that no two could commit at once. Therefore it is
// told after the commit, together with what others committed meanwhile, and whoever listens also looks now and then:
// a process can die in between.

import { sql } from 'kysely'
import { apart } from '../../platform/deadline.ts'
import { newId } from '../../platform/random.ts'
import type { Log } from '../../protocol/message.ts'
import type { News } from '../port.ts'
import { createHearers, type Exchange } from './exchange.ts'
import { type Driver, run } from './plan.ts'
import { CHANNEL, PostgresListener } from './postgres-listener.ts'
import { statement } from './statement.ts'

/** One notice in so long at most: a flood of revocations costs the database two hundred small statements a second. */
const PAUSE_MILLISECONDS = 5

const notify = statement((db, p: { messages: string }) => {
  const query = sql`select pg_notify(${sql.lit(CHANNEL)}, message)
    from json_array_elements_text(cast(${p.messages} as json)) as message`
  return { compile: () => query.compile(db) }
})

export function createPostgresExchange({
  driver,
  url,
  log,
}: {
  readonly driver: Driver
  /** Where to listen. */
  readonly url: string
  readonly log?: Log | undefined
}): Exchange {
  const hearers = createHearers()
  const outbox = new Set<string>()
  const self = newId()
  let sending: Promise<void> | undefined
  let listener: PostgresListener | undefined
  let isClosed = false

  async function sendAll(): Promise<void> {
    while (outbox.size > 0) {
      const messages = JSON.stringify([...outbox])
      outbox.clear()
      // What cannot be told is found by looking.
      await driver.write(() => run(notify, { messages })).catch(() => undefined)
      if (!isClosed) await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
    }
  }

  function send(message: string): void {
    outbox.add(message)
    sending ??= apart(sendAll).finally(() => {
      sending = undefined
    })
  }

  return {
    tell(news) {
      hearers.tell(news)
      send(`${news.of} ${news.tenant} ${self}`)
    },
    hearNews(hear) {
      hearers.add(hear)
      listener ??= new PostgresListener(url, {
        send,
        hear: (message) => {
          if (message === undefined) return hearers.tell(undefined)
          const [of, tenant, teller] = message.split(' ')
          // What was told here is known here.
          if (teller !== self && tenant && isKind(of)) hearers.tell({ of, tenant })
        },
        log,
      })
    },
    hearsOthers: () => listener?.hears === true,
    async close() {
      isClosed = true
      await listener?.close()
      await sending
    },
  }
}

function isKind(text: string | undefined): text is News['of'] {
  return text === 'feed' || text === 'followers'
}
