/**
 * Transactions of an IndexedDB: all of their writes or none, and errors that say what failed.
 *
 * @module
 */

import { messageOf } from "../base/message_of.ts";
import { type Idb, IDB_STORES, type IdbTransaction, openIdb } from "./idb_schema.ts";

/** An open IndexedDB. */
export class IdbConnection {
  readonly #name: string;
  readonly #db: Idb;
  #gone?: string;
  /** Writes that are under way. */
  readonly #writes = new Set<Promise<unknown>>();

  private constructor(name: string, db: Idb) {
    this.#name = name;
    this.#db = db;
  }

  /** Opens the database. */
  static async open(name: string): Promise<IdbConnection> {
    if (typeof indexedDB === "undefined") throw new Error("this runtime has no IndexedDB");
    const gone = { why: undefined as string | undefined, tell: (_: string) => {} };
    const db = await openIdb(name, (why) => gone.tell(gone.why = why));
    const connection = new IdbConnection(name, db);
    connection.#gone = gone.why;
    gone.tell = (why) => connection.#gone ??= why;
    return connection;
  }

  /**
   * Runs `work` in a transaction that reads. It must wait for nothing but the database.
   *
   * @throws What `work` throws, or an error that says why the database cannot be read.
   */
  async read<T>(work: (db: IdbTransaction<"readonly">) => Promise<T>): Promise<T> {
    const db = this.#begin("readonly") as IdbTransaction<"readonly">;
    // If the transaction breaks, its requests reject, too: nobody needs to hear it twice.
    db.done.then(() => {}, () => {});
    return await work(db);
  }

  /**
   * Runs `work` in a transaction that writes; commits if it resolves. It must wait for nothing but
   * the database.
   *
   * @throws What `work` throws, or an error that says why the database cannot be written.
   */
  readonly write = async <T>(
    work: (db: IdbTransaction) => Promise<T>,
    durability: "strict" | "relaxed" = "relaxed",
  ): Promise<T> => {
    const written = this.#run(work, durability);
    this.#writes.add(written);
    try {
      return await written;
    } catch (cause) {
      if ((cause as Error | null)?.name !== "QuotaExceededError") throw cause;
      const rule = "the browser's storage for this origin is full; a lower `maxEvents` needs less";
      throw new Error(`Cannot write to the IndexedDB "${this.#name}": ${rule}`, { cause });
    } finally {
      this.#writes.delete(written);
    }
  };

  /** Waits for writes, then closes the database. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#writes);
    this.#gone ??= "it was closed here";
    this.#db.close();
  }

  async #run<T>(
    work: (db: IdbTransaction) => Promise<T>,
    durability: "strict" | "relaxed",
  ): Promise<T> {
    const db = this.#begin("readwrite", durability) as IdbTransaction;
    // A transaction that fails rejects this, too.
    const done = db.done.then(() => undefined, (error: unknown) => ({ error }));
    let result: T;
    try {
      result = await work(db);
    } catch (error) {
      abort(db);
      const failed = await done;
      // The requests of a transaction that broke only say that it did.
      throw isAbort(error) && failed?.error ? failed.error : error;
    }
    const failed = await done;
    if (failed) throw failed.error;
    return result;
  }

  #begin(mode: "readonly" | "readwrite", durability?: "strict" | "relaxed") {
    try {
      if (this.#gone) throw new Error(this.#gone);
      return this.#db.transaction([...IDB_STORES], mode, { durability });
    } catch (cause) {
      const message = `Cannot use the IndexedDB "${this.#name}": ${messageOf(cause)}`;
      throw new Error(message, { cause });
    }
  }
}

/** Undoes a transaction, unless it has ended by itself. */
function abort(db: IdbTransaction): void {
  try {
    db.abort();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
  }
}

function isAbort(error: unknown): boolean {
  return (error as Error | null)?.name === "AbortError";
}
