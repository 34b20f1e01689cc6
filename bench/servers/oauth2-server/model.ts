// The model that @node-oauth/oauth2-server asks its user to write, on node:sqlite: secrets and tokens as SHA-256, every
// write on disk before its promise resolves, codes and refresh tokens spent once.

import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type OAuth2Server from '@node-oauth/oauth2-server'
import { GroupCommit, openDurably } from '../group-commit.ts'

const TABLES = `
  create table if not exists clients (
    id text primary key, secret_hash text not null, redirect_uris text not null,
    grants text not null, scope text not null
  );
  create table if not exists sessions (hash text primary key, user text not null);
  create table if not exists consents (
    user text not null, client text not null, primary key (user, client)
  );
  create table if not exists codes (
    hash text primary key, client text not null, user text not null, scope text not null,
    redirect_uri text not null, expires_at integer not null, challenge text, challenge_method text
  );
  create table if not exists access_tokens (
    hash text primary key, client text not null, user text not null, scope text not null,
    expires_at integer not null
  );
  create table if not exists refresh_tokens (
    hash text primary key, client text not null, user text not null, scope text not null,
    expires_at integer not null
  );
`

type Row = Record<string, string | number | null>

export interface OutfitOfModel {
  readonly client: { readonly id: string; readonly secret: string }
  readonly redirectUri: string
  readonly scope: string
  /** Of users who have allowed the app. */
  readonly sessions: readonly string[]
}

export function openModel(path: string, outfit: OutfitOfModel) {
  const db = openDurably(path)
  db.exec(TABLES)
  fitOut(db, outfit)
  const tables: Tables = { sql: prepareStatements(db), commits: new GroupCommit(db) }
  return {
    model: { ...clientModel(tables), ...codeModel(tables), ...tokenModel(tables) },
    /** @returns the user of the session, if he has allowed this app */
    findUser(session: string, clientId: string): { id: string } | undefined {
      const row = tables.sql.findUser.get(sha256(session), clientId) as Row | undefined
      return row && { id: String(row.user) }
    },
  }
}

interface Tables {
  readonly sql: ReturnType<typeof prepareStatements>
  readonly commits: GroupCommit
}

function findClient(id: string, { sql }: Tables) {
  const row = sql.findClient.get(id) as Row | undefined
  if (!row) return undefined
  const redirectUris = String(row.redirect_uris).split(' ')
  return { id, redirectUris, grants: String(row.grants).split(' '), row }
}

function ofRow(row: Row, tables: Tables) {
  const client = findClient(String(row.client), tables)
  if (!client) throw new Error('a token of nobody')
  return { client, user: { id: row.user }, scope: String(row.scope).split(' ') }
}

function clientModel(tables: Tables) {
  return {
    async getClient(id: string, secret: string | null) {
      const client = findClient(id, tables)
      if (secret !== null && client?.row.secret_hash !== sha256(secret)) return false
      return client ?? false
    },
    getUserFromClient: async (client: OAuth2Server.Client) => ({ id: client.id }),
    async validateScope(_user: object, client: OAuth2Server.Client, scope?: string[]) {
      const allowed = String((client as { row?: Row }).row?.scope ?? '').split(' ')
      return scope?.every((name) => allowed.includes(name)) ? scope : false
    },
  }
}

function codeModel(tables: Tables) {
  const { sql, commits } = tables
  return {
    async saveAuthorizationCode(
      code: OAuth2Server.AuthorizationCode,
      client: OAuth2Server.Client,
      user: OAuth2Server.User,
    ) {
      const { codeChallenge = null, codeChallengeMethod = null } = code
      await commits.write(() =>
        sql.saveCode.run(
          sha256(code.authorizationCode),
          client.id,
          user.id,
          join(code.scope),
          code.redirectUri,
          code.expiresAt.getTime(),
          codeChallenge,
          codeChallengeMethod,
        ),
      )
      return { ...code, client, user }
    },
    async getAuthorizationCode(authorizationCode: string) {
      const row = sql.findCode.get(sha256(authorizationCode)) as Row | undefined
      if (!row) return false
      return {
        ...ofRow(row, tables),
        authorizationCode,
        expiresAt: new Date(Number(row.expires_at)),
        redirectUri: String(row.redirect_uri),
        codeChallenge: String(row.challenge),
        codeChallengeMethod: String(row.challenge_method),
      }
    },
    revokeAuthorizationCode: ({ authorizationCode }: OAuth2Server.AuthorizationCode) =>
      commits.write(() => sql.spendCode.run(sha256(authorizationCode)).changes === 1),
  }
}

function tokenModel(tables: Tables) {
  const { sql, commits } = tables
  return {
    async saveToken(
      token: OAuth2Server.Token,
      client: OAuth2Server.Client,
      user: OAuth2Server.User,
    ) {
      const { accessToken, refreshToken, accessTokenExpiresAt, refreshTokenExpiresAt } = token
      const about = [client.id, user.id, join(token.scope)] as const
      await commits.write(() => {
        sql.saveAccess.run(sha256(accessToken), ...about, timeOf(accessTokenExpiresAt))
        if (refreshToken === undefined) return
        sql.saveRefresh.run(sha256(refreshToken), ...about, timeOf(refreshTokenExpiresAt))
      })
      return { ...token, client, user }
    },
    async getRefreshToken(refreshToken: string) {
      const row = sql.findRefresh.get(sha256(refreshToken)) as Row | undefined
      if (!row) return false
      const refreshTokenExpiresAt = new Date(Number(row.expires_at))
      return { ...ofRow(row, tables), refreshToken, refreshTokenExpiresAt }
    },
    revokeToken: ({ refreshToken }: OAuth2Server.RefreshToken) =>
      commits.write(() => sql.spendRefresh.run(sha256(refreshToken)).changes === 1),
    async getAccessToken(accessToken: string) {
      const row = sql.findAccess.get(sha256(accessToken)) as Row | undefined
      if (!row) return false
      const accessTokenExpiresAt = new Date(Number(row.expires_at))
      return { ...ofRow(row, tables), accessToken, accessTokenExpiresAt }
    },
  }
}

function fitOut(db: DatabaseSync, outfit: OutfitOfModel): void {
  const { client, redirectUri, scope, sessions } = outfit
  const grants = 'authorization_code refresh_token client_credentials'
  db.prepare('insert or ignore into clients values (?, ?, ?, ?, ?)').run(
    client.id,
    sha256(client.secret),
    redirectUri,
    grants,
    scope,
  )
  const addSession = db.prepare('insert or ignore into sessions values (?, ?)')
  const addConsent = db.prepare('insert or ignore into consents values (?, ?)')
  for (const [index, session] of sessions.entries()) {
    addSession.run(sha256(session), `user-${index}`)
    addConsent.run(`user-${index}`, client.id)
  }
}

function prepareStatements(db: DatabaseSync) {
  return {
    findClient: db.prepare('select * from clients where id = ?'),
    findUser: db.prepare(
      'select user from sessions join consents using (user) where hash = ? and client = ?',
    ),
    saveCode: db.prepare('insert into codes values (?, ?, ?, ?, ?, ?, ?, ?)'),
    findCode: db.prepare('select * from codes where hash = ?'),
    spendCode: db.prepare('delete from codes where hash = ?'),
    saveAccess: db.prepare('insert into access_tokens values (?, ?, ?, ?, ?)'),
    findAccess: db.prepare('select * from access_tokens where hash = ?'),
    saveRefresh: db.prepare('insert into refresh_tokens values (?, ?, ?, ?, ?)'),
    findRefresh: db.prepare('select * from refresh_tokens where hash = ?'),
    spendRefresh: db.prepare('delete from refresh_tokens where hash = ?'),
  }
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

function join(scope: string | readonly string[] | undefined): string {
  return [scope ?? []].flat().join(' ')
}

function timeOf(date: Date | undefined): number {
  if (date === undefined) throw new Error('a token without an end')
  return date.getTime()
}
