/**
 * The page of `indexeddb.ts`: times ways to store lists in the browser that loads it.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { type IndexedDb, openIndexedDb } from "../src/db/indexeddb.ts";

const WAYS: Readonly<
  Record<string, (db: IndexedDb, events: readonly NostrEvent[]) => Promise<unknown>>
> = {
  events: (db, events) => db.events(events),
  turn: (db, events) => Promise.all(events.map((event) => db.event(event))),
  each: async (db, events) => {
    for (const event of events) await db.event(event);
  },
};

let opened = 0;

/** How many milliseconds storing takes, and reading all of it again. */
async function time(way: string, events: NostrEvent[]): Promise<[store: number, read: number]> {
  await using db = await openIndexedDb(`bench ${++opened}`);
  const start = performance.now();
  await WAYS[way](db, events);
  const stored = performance.now();
  const authors = events.map(({ pubkey }) => pubkey);
  const found = await db.query([{ kinds: [10002], authors }]);
  if (found.length !== events.length) throw new Error(`found ${found.length} lists`);
  return [stored - start, performance.now() - stored];
}

/** What the benchmark calls in the page. */
export type IndexedDbPage = typeof time;

Object.assign(globalThis, { time });
