/**
 * What the event database needs of a Kysely instance, of any version and schema type.
 *
 * @module
 */

import { CompiledQuery } from "kysely";

/**
 * Any instance of Kysely's class `Kysely`. Its schema type and version do not matter: the
 * class has private members, so an instance of another 0.x release would not fit the
 * class's own type.
 */
export interface KyselyInstance {
  /** Returns what compiles and runs statements. */
  getExecutor(): unknown;
  /** Starts to build a transaction. */
  transaction(): unknown;
  /** Returns the same database without plugins. */
  withoutPlugins(): unknown;
  /** Closes the connections. */
  destroy(): Promise<void>;
}

/** Runs statements: a Kysely instance or one of its transactions. */
export interface AnyExecutor {
  /** Runs one compiled statement. */
  executeQuery(query: never): Promise<{ readonly rows: unknown[] }>;
}

/** Builds a transaction, as Kysely's `TransactionBuilder` does. */
export interface AnyTransactionBuilder {
  /** Sets the isolation level. */
  setIsolationLevel(level: "read committed"): AnyTransactionBuilder;
  /** Runs `callback` in the transaction, and commits if it resolves. */
  execute<T>(callback: (trx: AnyExecutor) => Promise<T>): Promise<T>;
}

/** A {@link KyselyInstance}, with the members that the database calls. */
export interface AnyKysely extends AnyExecutor, KyselyInstance {
  /** Starts to build a transaction. */
  transaction(): AnyTransactionBuilder;
  /** Returns the same database without plugins, which could rename columns. */
  withoutPlugins(): AnyKysely;
}

/** Returns the database without plugins, as the class `Kysely` of any version has it. */
export function anyKysely(kysely: KyselyInstance): AnyKysely {
  return kysely.withoutPlugins() as AnyKysely;
}

/** Runs one statement and returns its rows. The caller vouches that the SQL returns `Row`s. */
export async function run<Row>(
  db: AnyExecutor,
  sql: string,
  parameters: (string | number)[] = [],
): Promise<Row[]> {
  const query = CompiledQuery.raw(sql, parameters);
  return (await db.executeQuery(query as never)).rows as Row[];
}
