/**
 * Claims of keys in an IndexedDB, each by one owner at a time: what tabs agree by.
 *
 * @module
 */

import type { IdbTransaction } from "./idb_schema.ts";

/** How many claims one object makes until it deletes those of all that ended. */
const CLAIMS_PER_CLEANING = 50;

/** The claims of one object that uses a database. */
export class IdbClaims {
  #count = 0;

  /** Claims keys for `ms` milliseconds from `now` on; returns those that no other owner has. */
  async claim(
    db: IdbTransaction,
    keys: readonly string[],
    { owner, now, ms }: { readonly owner: string; readonly now: number; readonly ms: number },
  ): Promise<ReadonlySet<string>> {
    const store = db.objectStore("claims");
    if (this.#count++ % CLAIMS_PER_CLEANING === 0) {
      for await (const cursor of store) if (cursor.value.until < now) await cursor.delete();
    }
    const wanted = [...new Set(keys)];
    const rows = await Promise.all(wanted.map((key) => store.get(key)));
    const claimed = wanted.filter((_, i) => {
      const row = rows[i];
      return !row || row.until < now || row.owner === owner;
    });
    await Promise.all(claimed.map((key) => store.put({ owner, until: now + ms }, key)));
    return new Set(claimed);
  }
}
