/**
 * One connection of `node:sqlite`.
 *
 * It runs a statement to its end before it returns, also one that waits for
 * another writer. If that writer is a connection of this very process, it would
 * never get its turn. So SQLite must not wait: whoever is refused tries again
 * later.
 *
 * @module
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Most prepared statements kept; the event database has some twenty. */
const STATEMENTS = 100;

/** SQLite's code for "another connection is writing"; the low byte counts. */
const SQLITE_BUSY = 5;

/** One connection, with its prepared statements. */
export class NodeSqliteHandle {
  readonly #db: DatabaseSync;
  readonly #busyTimeout: number;
  readonly #statements = new Map<string, Prepared>();

  /**
   * @param db Whose own busy timeout is 0.
   * @param busyTimeout For how many milliseconds to try.
   */
  constructor(db: DatabaseSync, busyTimeout: number) {
    this.#db = db;
    this.#busyTimeout = busyTimeout;
  }

  /** Runs a statement now and answers its rows. */
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

  /** Runs a statement as soon as no other connection is in its way. */
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
    // The last used is the last to go.
    if (known) this.#statements.delete(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > STATEMENTS) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest);
    }
    return prepared;
  }
}

/** A statement, and the names of its columns where it answers rows as arrays. */
interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

/**
 * Rows come as arrays where the runtime can do that: to make objects of them here
 * is a fifth faster than to let it.
 */
function prepare(db: DatabaseSync, sql: string): Prepared {
  const statement = db.prepare(sql);
  const newer = statement as unknown as NewerStatement;
  if (!newer.setReturnArrays || !newer.columns) return { statement, columns: [] };
  const columns = newer.columns().map(({ name }) => name);
  if (columns.length > 0) newer.setReturnArrays(true);
  return { statement, columns };
}

/** What Node has since 22.16, and whose types not every release of them knows. */
interface NewerStatement {
  setReturnArrays?(enabled: boolean): void;
  columns?(): { name: string }[];
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error &&
    (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
