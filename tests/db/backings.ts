/**
 * The kinds of store that the library is used with and that need no server.
 *
 * @module
 */

import { NCache } from "@nostrify/nostrify";
import { MockRelay } from "@nostrify/nostrify/test";
import { MemoryStore } from "../../src/lists/memory_store.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { type Backing, own } from "./backing.ts";
import type { OpenStore } from "./contract.ts";

const inMemory = {
  "a limit keeps the newest, and 0 keeps none": "takes no limit",
  "count() counts what query() finds": "takes no limit",
  "an aborted signal rejects with its reason, before anything happens": "takes no signal",
  "NIP-01: ephemeral events are not stored": "stores them",
  "NIP-09: a deletion removes its author's events by id, and keeps them out":
    "does not say that it refused one",
  "NIP-09: a deletion that came first keeps its events out": "does not say that it refused one",
  "NIP-09: a deletion by address removes versions up to its own time": "deletes by id only",
  "NIP-09: a deleted newer version leaves the older one as it was":
    "does not say that it refused one",
  "NIP-09: nobody deletes another's events, nor a deletion": "deletes deletions",
  "NIP-40: an expired event is not stored, and deletes nothing": "stores them",
  "NIP-62: who vanishes is forgotten up to then, and may come back later": "does not know kind 62",
  "NIP-62: gift wraps to who vanishes go along, and stay away": "does not know kind 62",
  "any history leaves what the NIPs say, and any query finds it": "for all these reasons",
};

/** The kinds of store that need no server. */
export const backings: readonly Backing[] = [
  {
    name: "SQLite in memory",
    open: async () => own(await openSqlite(":memory:")),
  },
  {
    name: "SQLite in a file",
    runs: 30,
    async open() {
      const folder = await Deno.makeTempDir();
      const db = await openSqlite(`${folder}/events.sqlite3`);
      return {
        db,
        async close() {
          await db.close();
          await Deno.remove(folder, { recursive: true });
        },
      };
    },
  },
  {
    name: "MemoryStore",
    open: () => Promise.resolve(foreign(new MemoryStore({ max: 1_000, now: Date.now }))),
  },
  {
    name: "NCache",
    deviations: inMemory,
    open: () => Promise.resolve(foreign(new NCache({ max: 1_000 }))),
  },
  {
    name: "MockRelay",
    deviations: inMemory,
    open: () => Promise.resolve(foreign(new MockRelay())),
  },
];

function foreign(db: OpenStore["db"]): OpenStore {
  return { db, close: () => Promise.resolve() };
}
