/**
 * A program that writes to a PostgreSQL and reads from it, all the time, until its input
 * ends. Runs on Deno, and bundled on Node.
 *
 * It prints `stored <n>` now and then, and in the end a line of JSON, see {@link LoadReport}.
 *
 * @module
 */

import process from "node:process";
import { openPostgres } from "../../src/db/postgres.ts";
import { unsigned } from "../db/events.ts";

/** What the program saw. */
export interface LoadReport {
  /** How many events were stored. */
  readonly stored: number;
  /** How many of them are not there any more. */
  readonly lost: number;
  /** How many calls failed. */
  readonly failed: number;
  /** How many errors of connections were reported. */
  readonly reported: number;
}

const WRITERS = 4;
const READERS = 2;
/** How many events are stored from one line of output to the next. */
const EVENTS_PER_LINE = 20;

let isOver = false;
process.stdin.on("end", () => isOver = true).resume();

let reported = 0;
const db = await openPostgres(process.argv.at(-1)!, { onError: () => reported++ });
const stored: string[] = [];
let failed = 0;
let time = 0;

/** Does the same again until the program is over; a failure is only counted. */
async function repeat(work: () => Promise<unknown>): Promise<void> {
  while (!isOver) {
    try {
      await work();
    } catch {
      failed++;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function write(): Promise<void> {
  const event = unsigned({ created_at: ++time, tags: [["t", "load"]] });
  await db.event(event);
  stored.push(event.id);
  if (stored.length % EVENTS_PER_LINE === 0) console.log(`stored ${stored.length}`);
}

await Promise.all([
  ...Array.from({ length: WRITERS }, () => repeat(write)),
  ...Array.from({ length: READERS }, () => repeat(() => db.query([{ kinds: [1], limit: 10 }]))),
]);
const present = new Set((await db.query([{ kinds: [1] }])).map(({ id }) => id));
await db.close();
const lost = stored.filter((id) => !present.has(id)).length;
const report: LoadReport = { stored: stored.length, lost, failed, reported };
console.log(JSON.stringify(report));
