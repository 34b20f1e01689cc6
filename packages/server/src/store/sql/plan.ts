// A plan is a piece of work on the database, written once for both of them: a generator that yields statements
// and is given their rows. SQLite runs it in one go, PostgreSQL awaits each step. It never sees a connection.

import type { News, StoreLoad } from '../port.ts'
import type { AnyStatement, Statement } from './statement.ts'

/** Statements that do not need each other's rows; they run in this order and may travel together. */
export interface Step {
  readonly calls: readonly StatementCall[]
  /** Nothing follows: the commit may travel with them. */
  readonly last: boolean
  /** What others want to know as soon as it is committed. */
  readonly news?: News
}

export interface StatementCall {
  readonly statement: AnyStatement
  readonly input: object
}

/** The rows of each statement of a step. */
export type StepRows = readonly (readonly unknown[])[]

export type Plan<Result> = Generator<Step, Result, StepRows>

/** What carries plans out. A plan is passed as a function, because a transaction may have to be run again. */
export interface Driver {
  /** Statements that only read; they need not see the same moment. */
  read<Result>(plan: () => Plan<Result>): Promise<Result>
  /** One single statement. Durable when the promise resolves. */
  write<Result>(plan: () => Plan<Result>): Promise<Result>
  /** Several statements, all or nothing. Durable when the promise resolves. */
  transact<Result>(plan: () => Plan<Result>): Promise<Result>
  /** From now on, hands over the news of every transaction that was committed. */
  handNewsTo(tell: (news: News) => void): void
  load(): StoreLoad
  /** @throws StoreUnavailableError when what it works on is in trouble that no plan meets yet */
  check(): Promise<void>
  close(): Promise<void>
}

/** Others are told of it when the transaction is committed. */
export function* announce(news: News): Plan<void> {
  yield { calls: [], last: false, news }
}

/** Runs one statement. @returns its rows. */
export function* run<Input extends object, Row>(
  statement: Statement<Input, Row>,
  input: Input,
): Plan<readonly Row[]> {
  const [rows] = yield { calls: [call(statement, input)], last: false }
  return rows as readonly Row[]
}

/** Runs one statement. @returns its first row. */
export function* first<Input extends object, Row>(
  statement: Statement<Input, Row>,
  input: Input,
): Plan<Row | undefined> {
  const [row] = yield* run(statement, input)
  return row
}

/** One of the statements that end a transaction. */
export function call<Input extends object>(
  statement: Statement<Input, unknown>,
  input: Input,
): StatementCall {
  return { statement, input }
}

/** Ends a transaction with statements of which nobody needs the rows. */
export function* finishWith(calls: readonly StatementCall[]): Plan<void> {
  if (calls.length > 0) yield { calls, last: true }
}
