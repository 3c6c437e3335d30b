/**
 * How much memory do 100,000 cached lists take?
 *
 * A store reads 100,000 lists (3 to 5 relays, Zipf over 20,000, about as many as so
 * many people name) from a SQLite file and keeps them. The heap is measured before
 * and after, each time when the collector finds nothing more. Neither the requested
 * pubkeys nor the answer are held by then: what is left is what the store keeps, with
 * its keys and the memory of relay URLs.
 *
 * @module
 */

import { openSqlite } from "../src/db/sqlite.ts";
import { RelayListStore } from "../src/mod.ts";
import { zipfLists } from "../testing/world/world.ts";
import { withListFile } from "./list_file.ts";
import { count, print, progress, table } from "./report.ts";

const LISTS = 100_000;
const RELAYS = 20_000;
const SEED = 65;

/** Measures what a full store holds; needs the flag `--expose-gc`. */
export async function benchHeap(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  print("## Memory");
  if (!gc) return print("Not measured: started without `--v8-flags=--expose-gc`.");
  await withListFile(() => draw().values(), async (path) => {
    progress(`heap: ${count(LISTS)} lists`);
    await using db = await openSqlite(path);
    const store = new RelayListStore(db, { max: LISTS });
    // Another store runs the code once, so that only lists are new below.
    await read(new RelayListStore(db), 100);
    const before = heapAfter(gc);
    const found = await read(store, LISTS);
    const used = heapAfter(gc) - before;
    // Asking again keeps the store alive until here, and shows that nothing was dropped.
    const again = await read(store, LISTS);
    print(table(
      ["lists kept", "heap", "per list", "found again"],
      [[
        count(found),
        `${(used / 1e6).toFixed(1)} MB`,
        `${Math.round(used / found)} B`,
        count(again),
      ]],
    ));
  });
}

const draw = () => zipfLists({ authors: LISTS, relays: RELAYS, seed: SEED });

/** Reads lists and returns their number alone. */
async function read(store: RelayListStore, lists: number): Promise<number> {
  return (await store.get([...draw().keys()].slice(0, lists))).size;
}

/** The heap, and the buffers of typed arrays, which lie outside of it. */
function heldBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

function heapAfter(gc: () => void): number {
  let used = Infinity;
  for (let i = 0; i < 10; i++) {
    gc();
    const now = heldBytes();
    if (now >= used) break;
    used = now;
  }
  return used;
}
