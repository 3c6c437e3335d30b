/**
 * Writes events to a file until it is killed. Each line of its output is an
 * event, printed once `event()` or `events()` resolved for it.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { openSqlite } from "../../src/db/sqlite.ts";
import { type Draft, unsigned } from "../db/events.ts";

const [path, seed] = Deno.args;
const db = await openSqlite(path);
const random = numbers(Number(seed));
const encoder = new TextEncoder();
let time = Number(seed) * 1_000_000;

for (;;) {
  const events = Array.from({ length: 1 + random(30) }, randomEvent);
  if (random(4) === 0) {
    await db.events(events);
    acknowledge(events);
  } else {
    await Promise.all(events.map(async (event) => {
      await db.event(event);
      acknowledge([event]);
    }));
  }
}

/** A new version of some list, or a post, or a deletion of an earlier list. */
function randomEvent(): NostrEvent {
  const author = random(20);
  const draft: Draft = { author, created_at: ++time, tags: [["t", `${time}`]] };
  switch (random(8)) {
    case 0:
      return unsigned({ ...draft, kind: 1 });
    case 1:
      return unsigned({ ...draft, kind: 30000, tags: [["d", "x"]] });
    case 2: {
      const address = `10002:${unsigned({ author }).pubkey}:`;
      return unsigned({ ...draft, kind: 5, tags: [["a", address]] });
    }
    default:
      return unsigned({ ...draft, kind: 10002 });
  }
}

function acknowledge(events: readonly NostrEvent[]): void {
  const lines = events.map((event) => JSON.stringify(event) + "\n").join("");
  Deno.stdout.writeSync(encoder.encode(lines));
}

/** Whole numbers from 0 to below what is asked, by a linear congruence. */
function numbers(state: number): (below: number) => number {
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
