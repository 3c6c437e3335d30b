/**
 * One connection of `node:sqlite`.
 *
 * A statement of `node:sqlite` blocks the process until it ends, also while it waits
 * for another writer. If that writer is a connection of the same process, it could
 * never finish. So SQLite must not wait: a statement that is refused is tried again
 * later.
 *
 * @module
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Most prepared statements that are kept; the event database has about twenty. */
const MAX_STATEMENTS = 100;

/** SQLite's code for "another connection is writing"; the low byte counts. */
const SQLITE_BUSY = 5;

/** One connection, with its prepared statements. */
export class NodeSqliteHandle {
  readonly #db: DatabaseSync;
  readonly #busyTimeout: number;
  readonly #statements = new Map<string, Prepared>();

  /**
   * @param db A connection with a busy timeout of 0.
   * @param busyTimeout How long to retry, in milliseconds; an integer of at least 0.
   */
  constructor(db: DatabaseSync, busyTimeout: number) {
    this.#db = db;
    this.#busyTimeout = busyTimeout;
  }

  /** Runs a statement now and returns its rows. */
  all(sql: string, parameters: readonly unknown[] = []): unknown[] {
    const { statement, columns } = this.#prepare(sql);
    const rows = statement.all(...parameters as SQLInputValue[]);
    if (columns.length === 0) return rows;
    return rows.map((row) => {
      const values = row as unknown as unknown[];
      const object: Record<string, unknown> = {};
      for (let i = 0; i < columns.length; i++) object[columns[i]] = values[i];
      return object;
    });
  }

  /** Runs a statement as soon as no other connection blocks it. */
  async whenFree(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<unknown[]> {
    const deadline = performance.now() + this.#busyTimeout;
    for (let pause = 1;; pause = Math.min(pause * 2, 50)) {
      try {
        return this.all(sql, parameters);
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() >= deadline) {
          throw new Error(
            "Cannot write: another connection to this SQLite database has been " +
              `writing for more than ${this.#busyTimeout} ms`,
            { cause: error },
          );
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Undoes the transaction, also one that SQLite undid by itself. */
  rollback(): void {
    try {
      this.all("rollback");
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      if (!message.includes("no transaction is active")) throw error;
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    const prepared = known ?? prepare(this.#db, sql);
    // The statement used last is dropped last.
    if (known) this.#statements.delete(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > MAX_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest);
    }
    return prepared;
  }
}

/** A statement, and the names of its columns if it returns rows as arrays. */
interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

/**
 * Rows come as arrays if the runtime supports that: making objects of them here is a
 * fifth faster than in the runtime.
 */
function prepare(db: DatabaseSync, sql: string): Prepared {
  const statement = db.prepare(sql);
  const newer = statement as unknown as NewerStatement;
  if (!newer.setReturnArrays || !newer.columns) return { statement, columns: [] };
  const columns = newer.columns().map(({ name }) => name);
  if (columns.length > 0) newer.setReturnArrays(true);
  return { statement, columns };
}

/** A method of Node since 22.16, which is missing from some releases of the types. */
interface NewerStatement {
  setReturnArrays?(enabled: boolean): void;
  columns?(): { name: string }[];
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error &&
    (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
