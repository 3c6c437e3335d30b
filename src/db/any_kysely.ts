/**
 * What the event database needs of a Kysely instance, whatever its version and
 * its schema type.
 *
 * @module
 */

import { CompiledQuery } from "kysely";

/** Something that runs statements: a Kysely instance or one of its transactions. */
export interface AnyExecutor {
  /** Runs one compiled statement. */
  executeQuery(query: never): Promise<{ readonly rows: unknown[] }>;
}

/** Starts a transaction, as Kysely's `TransactionBuilder` does. */
export interface AnyTransactionBuilder {
  /** Sets the isolation level of the transaction to come. */
  setIsolationLevel(level: "read committed"): AnyTransactionBuilder;
  /** Runs `callback` in a transaction; commits if it resolves. */
  execute<T>(callback: (trx: AnyExecutor) => Promise<T>): Promise<T>;
}

/**
 * Any instance of Kysely's class `Kysely`. Its schema type does not matter, and
 * neither does its version: Kysely's class has private members, so an instance
 * from another 0.x release would not fit that class's own type.
 */
export interface AnyKysely extends AnyExecutor {
  /** What compiles and runs statements. */
  getExecutor(): unknown;
  /** Starts a transaction. */
  transaction(): AnyTransactionBuilder;
  /** The same database without plugins, which could rename columns. */
  withoutPlugins(): AnyKysely;
  /** Closes the connections. */
  destroy(): Promise<void>;
}

/** Runs one statement and answers its rows, which are what the SQL says they are. */
export async function run<Row>(
  db: AnyExecutor,
  sql: string,
  parameters: (string | number)[] = [],
): Promise<Row[]> {
  const query = CompiledQuery.raw(sql, parameters);
  return (await db.executeQuery(query as never)).rows as Row[];
}
