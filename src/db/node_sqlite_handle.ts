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
  readonly #statements = new Map<string, StatementSync>();

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
    return this.#prepare(sql).all(...parameters as SQLInputValue[]);
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

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    const statement = known ?? this.#db.prepare(sql);
    // The last used is the last to go.
    if (known) this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > STATEMENTS) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest);
    }
    return statement;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error &&
    (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
