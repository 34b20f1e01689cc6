// The values of made-up grants, as SQL of either dialect. They come in the order of their keys, which begin with a time
// as real ones do, before any of today's.

/** What differs between the dialects. */
export interface Words {
  /** Hexadecimal digits of `value`, at least so many. */
  hex(value: string, digits: number): string
  /** Forty random hexadecimal digits. */
  readonly random: string
}

export interface Batch {
  readonly tenant: string
  /** Numbers of the rows: from, inclusively, to, exclusively. */
  readonly from: number
  readonly to: number
  readonly nowSeconds: number
}

const CLIENTS = 1000
const USERS_PER_GRANT = 3
const DAY = 86_400

/** A key as tokens are stored by: a time before any of today's, and a hash. `i` is the number of the row. */
function key(words: Words): string {
  return `'l' || ${words.hex('i * 16', 7)} || '000' || ${words.random}`
}

/** 32 hexadecimal digits that belong to the row, from a time before today. */
function grantId(words: Words): string {
  return `'018' || ${words.hex('i * 64', 9)} || ${words.hex('(i * 2654435761) % 1099511627776', 20)}`
}

export function grantValues(batch: Batch, words: Words): Readonly<Record<string, string>> {
  const { nowSeconds } = batch
  return {
    id: grantId(words),
    ...owner(words),
    scopes: `'["contacts:read"]'`,
    audience: `'["https://api.example/v1"]'`,
    created_at_seconds: `${nowSeconds} - i % ${30 * DAY}`,
    ends_at_seconds: `${nowSeconds} + ${150 * DAY} - i % ${30 * DAY}`,
  }
}

export function refreshTokenValues(batch: Batch, words: Words): Readonly<Record<string, string>> {
  const { nowSeconds } = batch
  return {
    hash: key(words),
    grant_id: grantId(words),
    client_id: owner(words).client_id,
    issued_at_seconds: `${nowSeconds} - i % ${DAY}`,
    expires_at_seconds: `${nowSeconds} + ${29 * DAY} + i % ${DAY}`,
    ends_at_seconds: `${nowSeconds} + ${150 * DAY} - i % ${30 * DAY}`,
  }
}

/** @param livesSeconds from now on; negative for one that has expired */
export function accessTokenValues(
  batch: Batch,
  words: Words,
  livesSeconds = 2 * DAY,
): Readonly<Record<string, string>> {
  const { nowSeconds } = batch
  return {
    hash: key(words),
    grant_id: grantId(words),
    ...owner(words),
    scopes: `'["contacts:read"]'`,
    audience: `'["https://api.example/v1"]'`,
    issued_at_seconds: `${nowSeconds} - i % ${DAY}`,
    expires_at_seconds: `${nowSeconds + livesSeconds} - i % ${DAY}`,
  }
}

function owner(words: Words) {
  return {
    client_id: words.hex(`(i % ${CLIENTS}) * 40503`, 32),
    user_id: words.hex(`(i / ${USERS_PER_GRANT}) * 2654435761`, 32),
  }
}

export function insert(
  table: string,
  values: Readonly<Record<string, string>>,
  { tenant, rows }: { readonly tenant: string; readonly rows: string },
): string {
  const columns = Object.keys(values).join(', ')
  return `insert into ${table} (tenant, ${columns}) select '${tenant}', ${Object.values(values).join(', ')} from ${rows}`
}
