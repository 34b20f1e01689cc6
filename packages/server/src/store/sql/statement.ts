// A statement is written once, with Kysely, as a function of its named inputs. It is compiled once per dialect:
// the inputs become markers among the parameters, which each run replaces by values. Building the query for
// every run would cost several times more than running it.

import {
  CamelCasePlugin,
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { RevocationTag } from '../../protocol/ids.ts'
import { TABLES } from './columns.ts'
import {
  binder,
  type ColumnKind,
  type Parameter,
  type ResultColumn,
  type RowDecoder,
  rowDecoder,
  type Value,
} from './row-functions.ts'
import type { Database } from './schema.ts'

export type Dialect = 'sqlite' | 'postgres'

/** `Input` and `Row` are what it takes and gives, in the types of the schema. */
export interface Statement<Input, Row> {
  readonly name: string
  readonly build: (db: Kysely<Database>, input: Input) => Compilable<Row>
}

/** A statement as any driver sees it. */
export type AnyStatement = Statement<never, unknown>

export interface CompiledStatement {
  /** Unique in this process: names the prepared statement. */
  readonly name: string
  readonly sql: string
  bind(input: object): Value[]
}

export type Compile = (statement: AnyStatement) => CompiledStatement

let statements = 0

export function statement<Input extends object, Row>(
  build: Statement<Input, Row>['build'],
): Statement<Input, Row> {
  return { name: `ostiary_${++statements}`, build }
}

/** Where several write at once, a row that a transaction relies on can be locked; SQLite has one writer at a time. */
export function hasRowLocks(db: Kysely<Database>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/** PostgreSQL would give the sum of whole numbers as a text, because it might not fit into one. */
export function wholeSum(column: string): RawBuilder<number> {
  return sql<number>`cast(sum(${sql.ref(column)}) as bigint)`
}

/** 80 random bits, another time for each row. */
export const NEW_TAG: Readonly<Record<Dialect, string>> = {
  sqlite: 'lower(hex(randomblob(10)))',
  postgres: 'right(gen_random_uuid()::text, 12) || left(gen_random_uuid()::text, 8)',
}

export function newTagIn(db: Kysely<Database>): RawBuilder<RevocationTag> {
  return sql.raw(NEW_TAG[hasRowLocks(db) ? 'postgres' : 'sqlite'])
}

class Marker {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Stands in for the inputs while a statement is built: every property is a marker of its own name. */
const MARKERS = new Proxy({}, { get: (_target, name) => new Marker(String(name)) }) as never

function asParameter(parameter: unknown): Parameter {
  return parameter instanceof Marker ? { input: parameter.name } : { constant: parameter }
}

/** @returns a function that compiles each statement the first time it is asked for. */
export function compilerFor(dialect: Dialect): Compile {
  const db = queryBuilderFor(dialect)
  const compiled = new Map<AnyStatement, CompiledStatement>()
  return (statement) => {
    let found = compiled.get(statement)
    if (found === undefined) {
      const { sql, parameters } = statement.build(db, MARKERS).compile()
      found = { name: statement.name, sql, bind: binder(parameters.map(asParameter)) }
      compiled.set(statement, found)
    }
    return found
  }
}

/** @returns what turns the values of a row, in the order of these columns of SQL, into a record. */
export function decoderOf(names: readonly string[]): RowDecoder {
  return rowDecoder(names.map(resultColumn))
}

/** What a column of a result, by its name in SQL, is in a record. A name means the same kind in every table. */
function resultColumn(name: string): ResultColumn {
  const property = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return { property, kind: kindOf(property) }
}

export function kindOf(property: string): ColumnKind {
  return KINDS.get(property) ?? 'text'
}

const KINDS = new Map<string, ColumnKind>(
  Object.values(TABLES).flatMap((columns) => Object.entries(columns)),
)

function queryBuilderFor(dialect: Dialect): Kysely<Database> {
  const sqlite = dialect === 'sqlite'
  return new Kysely<Database>({
    plugins: [new CamelCasePlugin()],
    dialect: {
      createAdapter: () => (sqlite ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) =>
        sqlite ? new SqliteIntrospector(db) : new PostgresIntrospector(db),
      createQueryCompiler: () => (sqlite ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
    },
  })
}
