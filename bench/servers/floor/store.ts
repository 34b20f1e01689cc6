// What has to be written and read, as few rows as it takes.

import type { DatabaseSync } from 'node:sqlite'
import { GroupCommit, openDurably } from '../group-commit.ts'

const TABLES = `
  create table if not exists sessions (hash text primary key, user text not null) without rowid;
  create table if not exists codes (
    hash text primary key, user text not null, challenge text not null, redirect_uri text not null,
    expires integer not null, redeemed integer
  );
  create table if not exists refresh_tokens (
    hash text primary key, user text not null, expires integer not null, rotated integer,
    successor text, answer text
  );
  create table if not exists access_tokens (
    hash text primary key, user text, scope text not null, expires integer not null
  );
`

export type FloorStore = ReturnType<typeof openFloorStore>

export interface CodeRow {
  readonly user: string
  readonly challenge: string
  readonly redirect_uri: string
  readonly expires: number
}

export interface AccessTokenRow {
  readonly user: string | null
  readonly scope: string
  readonly expires: number
}

export function openFloorStore(path: string) {
  const db = openDurably(path)
  db.exec(TABLES)
  const commits = new GroupCommit(db)
  const sql = prepareStatements(db)
  return {
    findUser: (session: string) => sql.findSession.get(session)?.user as string | undefined,
    saveSession: (session: string, user: string) =>
      commits.write(() => sql.saveSession.run(session, user)),
    findAccessToken: (hash: string) => sql.findAccess.get(hash) as AccessTokenRow | undefined,
    findCode: (hash: string) => sql.findCode.get(hash) as CodeRow | undefined,
    findRefreshToken: (hash: string) =>
      sql.findRefresh.get(hash) as { user: string; rotated: number | null } | undefined,

    saveCode: (hash: string, code: CodeRow) =>
      commits.write(() =>
        sql.saveCode.run(hash, code.user, code.challenge, code.redirect_uri, code.expires),
      ),
    saveAccessToken: (hash: string, token: AccessTokenRow) =>
      commits.write(() => sql.saveAccess.run(hash, token.user, token.scope, token.expires)),
    endAccessToken: (hash: string) => commits.write(() => sql.endAccess.run(hash)),

    /** @returns whether this call was the first */
    redeemCode: (hash: string, tokens: NewTokens) =>
      commits.write(() => {
        if (sql.redeemCode.run(tokens.now, hash, tokens.now).changes === 0) return false
        saveTokens(tokens)
        return true
      }),
    /** @returns whether this call was the first */
    rotate: (hash: string, { answer, ...tokens }: NewTokens & { answer: string }) =>
      commits.write(() => {
        const { now, refreshHash } = tokens
        if (sql.rotate.run(now, refreshHash, answer, hash, now).changes === 0) return false
        saveTokens(tokens)
        return true
      }),
  }

  function saveTokens({ accessHash, refreshHash, user, scope, now }: NewTokens): void {
    sql.saveAccess.run(accessHash, user, scope, now + 3600)
    sql.saveRefresh.run(refreshHash, user, now + 2_592_000)
  }
}

export interface NewTokens {
  readonly accessHash: string
  readonly refreshHash: string
  readonly user: string
  readonly scope: string
  readonly now: number
}

function prepareStatements(db: DatabaseSync) {
  return {
    findSession: db.prepare('select user from sessions where hash = ?'),
    saveSession: db.prepare('insert into sessions values (?, ?)'),
    findAccess: db.prepare('select user, scope, expires from access_tokens where hash = ?'),
    findCode: db.prepare('select user, challenge, redirect_uri, expires from codes where hash = ?'),
    findRefresh: db.prepare('select user, rotated from refresh_tokens where hash = ?'),
    saveCode: db.prepare('insert into codes values (?, ?, ?, ?, ?, null)'),
    saveAccess: db.prepare('insert into access_tokens values (?, ?, ?, ?)'),
    endAccess: db.prepare('delete from access_tokens where hash = ?'),
    saveRefresh: db.prepare('insert into refresh_tokens values (?, ?, ?, null, null, null)'),
    redeemCode: db.prepare(
      'update codes set redeemed = ? where hash = ? and redeemed is null and expires > ?',
    ),
    rotate: db.prepare(
      `update refresh_tokens set rotated = ?, successor = ?, answer = ?
       where hash = ? and rotated is null and expires > ?`,
    ),
  }
}
