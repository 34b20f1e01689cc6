// A durable adapter for oidc-provider on node:sqlite, as its documentation describes adapters: one row for each model
// instance. Every write is on disk before its promise resolves; writes that arrive together share a flush.

import type { DatabaseSync } from 'node:sqlite'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { GroupCommit, openDurably } from '../group-commit.ts'

const TABLES = `
  create table if not exists models (
    kind text not null, id text not null, payload text not null, expires_at integer,
    grant_id text, uid text, user_code text, consumed_at integer,
    primary key (kind, id)
  ) without rowid;
  create index if not exists models_by_grant on models (grant_id) where grant_id is not null;
  create index if not exists models_by_uid on models (uid) where uid is not null;
  create index if not exists models_by_user_code on models (user_code) where user_code is not null;
  create index if not exists models_by_expiry on models (expires_at);
`

interface Row {
  readonly payload: string
  readonly expires_at: number | null
  readonly consumed_at: number | null
}

export function createAdapterFactory(path: string): (kind: string) => Adapter {
  const db = openDurably(path)
  db.exec(TABLES)
  const commits = new GroupCommit(db)
  const sql = prepareStatements(db)

  return (kind) => ({
    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn === undefined ? null : nowSeconds() + expiresIn
      const { grantId = null, uid = null, userCode = null } = payload
      const text = JSON.stringify(payload)
      await commits.write(() =>
        sql.upsert.run(kind, id, text, expiresAt, ownGrant(kind, grantId), uid, userCode),
      )
    },
    find: async (id) => read(sql.find.get(kind, id)),
    findByUid: async (uid) => read(sql.findByUid.get(kind, uid)),
    findByUserCode: async (userCode) => read(sql.findByUserCode.get(kind, userCode)),
    async consume(id) {
      await commits.write(() => sql.consume.run(nowSeconds(), kind, id))
    },
    async destroy(id) {
      await commits.write(() => sql.destroy.run(kind, id))
    },
    async revokeByGrantId(grantId) {
      await commits.write(() => sql.destroyGrant.run(grantId))
    },
  })
}

/** Only what is issued under a grant goes with it; the session that names it does not. */
const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])

function ownGrant(kind: string, grantId: string | null): string | null {
  return GRANTABLE.has(kind) ? grantId : null
}

function read(found: unknown): AdapterPayload | undefined {
  const row = found as Row | undefined
  if (!row || (row.expires_at !== null && row.expires_at <= nowSeconds())) return undefined
  const payload: AdapterPayload = JSON.parse(row.payload)
  if (row.consumed_at !== null) payload.consumed = row.consumed_at
  return payload
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function prepareStatements(db: DatabaseSync) {
  const columns = 'select payload, expires_at, consumed_at from models'
  return {
    upsert: db.prepare(
      `insert into models (kind, id, payload, expires_at, grant_id, uid, user_code)
       values (?, ?, ?, ?, ?, ?, ?)
       on conflict (kind, id) do update set payload = excluded.payload,
         expires_at = excluded.expires_at, grant_id = excluded.grant_id, uid = excluded.uid,
         user_code = excluded.user_code`,
    ),
    find: db.prepare(`${columns} where kind = ? and id = ?`),
    findByUid: db.prepare(`${columns} where kind = ? and uid = ?`),
    findByUserCode: db.prepare(`${columns} where kind = ? and user_code = ?`),
    consume: db.prepare('update models set consumed_at = ? where kind = ? and id = ?'),
    destroy: db.prepare('delete from models where kind = ? and id = ?'),
    destroyGrant: db.prepare('delete from models where grant_id = ?'),
  }
}
