/**
 * What does it cost to store relay lists in a browser?
 *
 * Lists of 3 to 5 relays go into a new IndexedDB of Chromium, whose profile is on the disk, in three
 * ways: all in one call, one by one in the same turn (transactions of up to 500), and one after the
 * other, a transaction each, as stores without batches do it.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { bundle } from "../testing/bundle.ts";
import { chromiumMissing, withChromium } from "../testing/chromium.ts";
import { servePages } from "../testing/page_server.ts";
import { zipfLists } from "../testing/world/world.ts";
import { count, median, ms, print, progress, prose, table } from "./report.ts";
import type { IndexedDbPage } from "./indexeddb_page.ts";

declare const time: IndexedDbPage;

const ROUNDS = 5;
const LISTS = 1_000;

/** By the page's names of the ways. */
const NAMES: Readonly<Record<string, string>> = {
  events: "events(), one transaction",
  turn: "event(), all in one turn",
  each: "event(), one after the other",
};

/** Times each way to store lists. */
export async function benchIndexedDb(): Promise<void> {
  print("## Storing relay lists in a browser");
  const missing = await chromiumMissing();
  if (missing !== undefined) return print(prose(`Not measured: ${missing}.`));
  const lists = [...zipfLists({ authors: LISTS, seed: 65 }).values()];
  const events = lists.map(({ pubkey, created_at, write }, i): NostrEvent => ({
    id: i.toString(16).padStart(64, "0"),
    kind: 10002,
    pubkey,
    created_at,
    tags: write.map((url) => ["r", url]),
    content: "",
    sig: "0".repeat(128),
  }));
  await using server = servePages({
    "index.html":
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    "page.js": await bundle("bench/indexeddb_page.ts"),
  });
  const rows: string[][] = [];
  await withChromium(async (context) => {
    const page = await context.newPage();
    await page.goto(server.url);
    for (const [way, name] of Object.entries(NAMES)) {
      progress(`storing ${count(LISTS)} lists in Chromium: ${name}`);
      const stored: number[] = [];
      const read: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const [a, b] = await page.evaluate(
          ([way, events]) => time(way, events),
          [way, events] as const,
        );
        stored.push(a);
        read.push(b);
      }
      rows.push([name, count(LISTS), ms(median(stored)), ms(median(read))]);
    }
  });
  print(prose("Into a new IndexedDB of Chromium, then read again; medians of five rounds."));
  print(table(["how", "lists", "in all", "read"], rows));
}

if (import.meta.main) await benchIndexedDb();
