/**
 * Writes all events that wait when a transaction begins in that one transaction, so
 * that they share one wait for the disk.
 *
 * @module
 */

/** Runs `work` in a transaction; commits if it resolves. */
export type Transact<Db> = <T>(work: (db: Db) => Promise<T>) => Promise<T>;

/** Writes items inside a transaction and returns the outcome of each. */
export type WriteAll<Db, Item, Result> = (
  db: Db,
  items: readonly Item[],
) => Promise<Result[]>;

/** Undoes a part of a transaction, where a database can. */
export interface Savepoint<Db> {
  /** From here on it can be undone. */
  readonly begin: (db: Db) => Promise<unknown>;
  /** It is not to be undone any longer. */
  readonly release: (db: Db) => Promise<unknown>;
  /**
   * Undoes it.
   *
   * @throws `cause`, if the whole transaction is gone.
   */
  readonly undo: (db: Db, cause: unknown) => Promise<unknown>;
}

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
 * A queue of writes, in the order of the calls. With a savepoint, an item that fails does not fail
 * the others of its transaction.
 */
export class GroupCommit<Db, Item, Result> {
  readonly #transact: Transact<Db>;
  readonly #writeAll: WriteAll<Db, Item, Result>;
  readonly #savepoint?: Savepoint<Db>;
  readonly #jobs: Job<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  constructor(
    transact: Transact<Db>,
    writeAll: WriteAll<Db, Item, Result>,
    savepoint?: Savepoint<Db>,
  ) {
    this.#transact = transact;
    this.#writeAll = writeAll;
    this.#savepoint = savepoint;
  }

  /** Writes an item together with others; resolves once it is durable. */
  write(item: Item, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#add({ item, signal, resolve, reject });
    });
  }

  /** Runs `work` in a transaction of its own. */
  alone<T>(work: (db: Db) => Promise<T>): Promise<T> {
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
        const savepoint = this.#savepoint;
        if (savepoint && group.length > 1) await this.#writeSome(db, savepoint, group, settle);
        else await this.#write(db, group, settle);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const tell of settle) tell();
  }

  async #write(
    db: Db,
    group: readonly Waiting<Item, Result>[],
    settle: (() => void)[],
  ): Promise<void> {
    const results = await this.#writeAll(db, group.map(({ item }) => item));
    group.forEach(({ resolve }, i) => settle.push(() => resolve(results[i])));
  }

  /** Writes some under a savepoint, and halves them until the bad ones are alone. */
  async #writeSome(
    db: Db,
    savepoint: Savepoint<Db>,
    group: readonly Waiting<Item, Result>[],
    settle: (() => void)[],
  ): Promise<void> {
    await savepoint.begin(db);
    const written: (() => void)[] = [];
    try {
      await this.#write(db, group, written);
      await savepoint.release(db);
      settle.push(...written);
    } catch (error) {
      await savepoint.undo(db, error);
      if (group.length === 1) {
        settle.push(() => group[0].reject(error));
        return;
      }
      const half = group.length >> 1;
      await this.#writeSome(db, savepoint, group.slice(0, half), settle);
      await this.#writeSome(db, savepoint, group.slice(half), settle);
    }
  }
}

function isAborted({ signal, reject }: Waiting<unknown, never>): boolean {
  if (!signal?.aborted) return false;
  reject(signal.reason);
  return true;
}
