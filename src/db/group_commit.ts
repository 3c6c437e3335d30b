/**
 * Writes all events that wait when a transaction begins in that one transaction, so
 * that they share one wait for the disk.
 *
 * @module
 */

import { type AnyExecutor, run } from "./any_kysely.ts";

/** Runs `work` in a transaction; commits if it resolves. */
export type Transact = <T>(work: (db: AnyExecutor) => Promise<T>) => Promise<T>;

/** Writes items inside a transaction and returns the outcome of each. */
export type WriteAll<Item, Result> = (
  db: AnyExecutor,
  items: readonly Item[],
) => Promise<Result[]>;

/** Most items in one transaction. */
const MAX_ITEMS_PER_TRANSACTION = 500;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

type Job<Item, Result> = Waiting<Item, Result> | {
  readonly alone: () => Promise<void>;
};

/**
 * A queue of writes, in the order of the calls. An item that fails does not fail the
 * others of its transaction.
 */
export class GroupCommit<Item, Result> {
  readonly #transact: Transact;
  readonly #writeAll: WriteAll<Item, Result>;
  readonly #jobs: Job<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  constructor(transact: Transact, writeAll: WriteAll<Item, Result>) {
    this.#transact = transact;
    this.#writeAll = writeAll;
  }

  /** Writes an item together with others; resolves once it is durable. */
  write(item: Item, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#add({ item, signal, resolve, reject });
    });
  }

  /** Runs `work` in a transaction of its own. */
  alone<T>(work: (db: AnyExecutor) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const alone = () => this.#transact(work).then(resolve, reject);
      this.#add({ alone });
    });
  }

  /** Resolves once no write waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #add(job: Job<Item, Result>): void {
    this.#jobs.push(job);
    this.#running ??= this.#work();
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // what is written in the same turn joins
    while (this.#jobs.length > 0) {
      const first = this.#jobs[0];
      if ("alone" in first) {
        this.#jobs.shift();
        await first.alone();
        continue;
      }
      const end = this.#jobs.findIndex((job) => "alone" in job);
      const length = Math.min(end < 0 ? this.#jobs.length : end, MAX_ITEMS_PER_TRANSACTION);
      const group = this.#jobs.splice(0, length) as Waiting<Item, Result>[];
      await this.#commit(group.filter((waiting) => !isAborted(waiting)));
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Waiting<Item, Result>[]): Promise<void> {
    if (group.length === 0) return;
    // No write resolves before the transaction is durable.
    const settle: (() => void)[] = [];
    try {
      await this.#transact(async (db) => {
        settle.length = 0; // a transaction may be tried again
        if (group.length > 1) return await this.#writeSome(db, group, settle);
        const [result] = await this.#writeAll(db, [group[0].item]);
        settle.push(() => group[0].resolve(result));
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const tell of settle) tell();
  }

  /** Writes some under a savepoint, and halves them until the bad ones are alone. */
  async #writeSome(
    db: AnyExecutor,
    group: readonly Waiting<Item, Result>[],
    settle: (() => void)[],
  ): Promise<void> {
    await run(db, "savepoint nostr_group");
    try {
      const results = await this.#writeAll(db, group.map(({ item }) => item));
      await run(db, "release savepoint nostr_group");
      group.forEach(({ resolve }, i) => settle.push(() => resolve(results[i])));
    } catch (error) {
      await undo(db, error);
      if (group.length === 1) {
        settle.push(() => group[0].reject(error));
        return;
      }
      const half = group.length >> 1;
      await this.#writeSome(db, group.slice(0, half), settle);
      await this.#writeSome(db, group.slice(half), settle);
    }
  }
}

/**
 * Undoes what was written under the savepoint.
 *
 * @throws `cause`, if the transaction is gone with the savepoint: SQLite ends it by itself
 * where a disk is full, and a connection that broke takes it along.
 */
async function undo(db: AnyExecutor, cause: unknown): Promise<void> {
  const statements = ["rollback to savepoint nostr_group", "release savepoint nostr_group"];
  for (const sql of statements) await run(db, sql).catch(() => Promise.reject(cause));
}

function isAborted({ signal, reject }: Waiting<unknown, never>): boolean {
  if (!signal?.aborted) return false;
  reject(signal.reason);
  return true;
}
