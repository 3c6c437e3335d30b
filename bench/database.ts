/**
 * What does it cost to store relay lists durably?
 *
 * Lists of 3 to 5 relays go into a new SQLite file in three ways: all in one
 * transaction, one by one in the same turn (few transactions), and one after the
 * other (a transaction each, so this measures how long the disk takes to flush). The
 * table of tags is written, too. Signatures are made up: the database ignores them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { EventDatabase } from "../src/db/kysely.ts";
import { openSqlite } from "../src/db/sqlite.ts";
import { zipfLists } from "../testing/world/world.ts";
import { count, median, ms, print, progress, prose, table } from "./report.ts";

const ROUNDS = 5;

/** The ways to store lists, and how many of them each is given. */
const WAYS: readonly [
  name: string,
  lists: number,
  store: (db: EventDatabase, events: readonly NostrEvent[]) => Promise<unknown>,
][] = [
  ["events(), one transaction", 10_000, (db, events) => db.events(events)],
  ["event(), all in one turn", 1_000, (db, events) => Promise.all(events.map((e) => db.event(e)))],
  ["event(), one after the other", 200, async (db, events) => {
    for (const event of events) await db.event(event);
  }],
];

/** Times each way to store lists in a new file. */
export async function benchDatabase(): Promise<void> {
  const lists = [...zipfLists({ authors: 10_000, seed: 65 }).values()];
  const events = lists.map(({ pubkey, created_at, write }, i): NostrEvent => ({
    id: i.toString(16).padStart(64, "0"),
    kind: 10002,
    pubkey,
    created_at,
    tags: write.map((url) => ["r", url]),
    content: "",
    sig: "0".repeat(128),
  }));
  const rows: string[][] = [];
  for (const [name, amount, store] of WAYS) {
    progress(`storing ${count(amount)} lists: ${name}`);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) times.push(await timed(store, events, amount));
    rows.push([name, count(amount), ms(median(times)), ms(median(times) / amount)]);
  }
  print("## Storing relay lists");
  print(prose("Into a new SQLite file, durable when it resolves; medians of five rounds."));
  print(table(["how", "lists", "in all", "a list"], rows));
}

async function timed(
  store: (typeof WAYS)[number][2],
  events: readonly NostrEvent[],
  amount: number,
): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    await using db = await openSqlite(`${folder}/lists.sqlite3`);
    const start = performance.now();
    await store(db, events.slice(0, amount));
    return performance.now() - start;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await benchDatabase();
