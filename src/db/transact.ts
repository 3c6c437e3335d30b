/**
 * Runs work in a transaction that alone may write.
 *
 * @module
 */

import { type AnyExecutor, type AnyKysely, run } from "./any_kysely.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/** How often a transaction is tried that conflicts with other programs' writes. */
const MAX_ATTEMPTS = 3;

/**
 * PostgreSQL's codes for a conflict with a program that does not take our lock:
 * serialisation failure, deadlock, a replaced row that got tags meanwhile.
 */
const CONFLICTS: ReadonlySet<unknown> = new Set(["40001", "40P01", "23503"]);

/**
 * Runs `work` in a writing transaction; commits if it resolves.
 *
 * @throws What `work` throws, also where the roll-back fails as well: there is none to do
 * where a full disk has ended the transaction.
 */
export async function transact<T>(
  kysely: AnyKysely,
  flavour: SqlFlavour,
  work: (db: AnyExecutor) => Promise<T>,
): Promise<T> {
  return await retryConflicts(async () => {
    let first: { readonly error: unknown } | undefined;
    try {
      let transaction = kysely.transaction();
      if (flavour.name === "postgres") {
        // Each statement must see what was committed before it got the lock.
        transaction = transaction.setIsolationLevel("read committed");
      }
      return await transaction.execute(async (trx) => {
        try {
          await run(trx, flavour.lock);
          return await work(trx);
        } catch (error) {
          first = { error };
          throw error;
        }
      });
    } catch (last) {
      throw first ? first.error : last;
    }
  });
}

/**
 * Runs one statement of PostgreSQL that takes its turn by itself. Where transactions are isolated
 * more than `read committed` by default, it may conflict with those before it, and is run again in
 * a transaction that is not.
 *
 * @throws What the statement throws.
 */
export async function runAlone<T>(
  kysely: AnyKysely,
  statement: (db: AnyExecutor) => Promise<T>,
): Promise<T> {
  try {
    return await statement(kysely);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  return await retryConflicts(() =>
    kysely.transaction().setIsolationLevel("read committed").execute(statement)
  );
}

/**
 * Runs `work` again, at most three times in all, if other programs' writes conflict with it.
 *
 * @throws What `work` throws in the end.
 */
async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isConflict(error)) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && "code" in error && CONFLICTS.has(error.code);
}
