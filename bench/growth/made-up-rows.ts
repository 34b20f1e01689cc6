// The values of made-up grants, as SQL of either dialect. They come in the order of their keys, spread evenly over the
// whole range of real ones, so that filling is fast and real keys fall between them everywhere.

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

/** The characters of base64url in the order in which they sort. */
const SORTED = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const CLIENTS = 1000
const USERS_PER_GRANT = 3
const DAY = 86_400

/** A hash as we store them: 43 characters of base64url. `i` is the number of the row. */
function hash({ from, to }: Pick<Batch, 'from' | 'to'>, words: Words): string {
  const place = `((i - ${from}) * 262144 / ${to - from})`
  const digit = (shift: number) =>
    `substr('${SORTED}', cast(1 + ((${place} >> ${shift}) & 63) as integer), 1)`
  return `${digit(12)} || ${digit(6)} || ${digit(0)} || ${words.random}`
}

/** 32 hexadecimal digits that belong to the row: an odd factor leaves numbers below 2^40 distinct. */
function grantId({ from, to }: Pick<Batch, 'from' | 'to'>, words: Words): string {
  const place = words.hex(`((i - ${from}) * 16777216 / ${to - from})`, 6)
  const own = words.hex('(i * 2654435761) % 1099511627776', 10)
  return `${place} || ${own} || ${words.hex('(i * 40503) % 65536', 16)}`
}

export function grantValues(batch: Batch, words: Words): Readonly<Record<string, string>> {
  const { nowSeconds } = batch
  return {
    id: grantId(batch, words),
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
    hash: hash(batch, words),
    grant_id: grantId(batch, words),
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
    hash: hash(batch, words),
    grant_id: grantId(batch, words),
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
