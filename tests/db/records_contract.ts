/**
 * What a database of events promises of its records.
 *
 * @module
 */

import type { NStore } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { nextTurn } from "../../src/base/clock.ts";
import type { RecordStore } from "../../src/base/record_store.ts";
import { testUnless } from "../support/test_unless.ts";
import type { Backing } from "./backing.ts";
import { unsigned } from "./events.ts";

const A = "wss://a.example/";
const B = "wss://b.example/";

/** A store of events and records. */
type Store = NStore & RecordStore;

/** What a store of records promises. */
const CLAIMS: Record<string, (db: Store, runs: number) => Promise<void>> = {
  async "readRecords() of a new database is empty"(db) {
    assert.deepEqual(await db.readRecords("relay"), new Map());
  },

  async "writeRecords() replaces the records of the same keys"(db) {
    await db.writeRecords("relay", new Map([[A, "1"], [B, "2"]]));
    await db.writeRecords("relay", new Map([[B, "3"]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "1"], [B, "3"]]));
    await db.writeRecords("relay", new Map());
    assert.equal((await db.readRecords("relay")).size, 2);
  },

  async "writeRecords() of an empty text removes a record"(db) {
    await db.writeRecords("relay", new Map([[A, "1"], [B, "2"]]));
    await db.writeRecords("relay", new Map([[A, ""], ["wss://none.example/", ""]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[B, "2"]]));
    await db.writeRecords("relay", new Map([[A, "3"], [B, ""]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "3"]]));
  },

  async "readRecords() returns every text as it was written"(db, runs) {
    const text = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("\0"));
    const records = fc.uniqueArray(fc.tuple(text, text), { selector: ([url]) => url });
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        const known = await db.readRecords("relay");
        await db.writeRecords("relay", new Map(records));
        assert.deepEqual(await db.readRecords("relay"), new Map([...known, ...records]));
      }),
      { numRuns: runs },
    );
  },

  async "readRecords() returns the records of its topic alone"(db) {
    const relays = new Map([[A, "1"], [B, "2"]]);
    await db.writeRecords("relay", relays);
    await db.writeRecords("hint", new Map([[A, "3"]]));
    assert.deepEqual(await db.readRecords("relay"), relays);
    assert.deepEqual(await db.readRecords("hint"), new Map([[A, "3"]]));
    assert.deepEqual(await db.readRecords("list"), new Map());
    await db.writeRecords("relay", new Map([[A, ""]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[B, "2"]]));
    assert.deepEqual(await db.readRecords("hint"), new Map([[A, "3"]]));
  },

  async "writeRecords() and readRecords() take five thousand records at once"(db) {
    const records = new Map(
      Array.from({ length: 5_000 }, (_, i) => [`wss://r${i}.example/`, "x".repeat(300)]),
    );
    await db.writeRecords("relay", records);
    assert.deepEqual(await db.readRecords("relay"), records);
    await db.writeRecords("relay", new Map([...records.keys()].map((url) => [url, ""])));
    assert.equal((await db.readRecords("relay")).size, 0);
  },

  async "writeRecords() writes what it was given, even if the map changes meanwhile"(db) {
    const records = new Map([[A, "1"]]);
    const written = db.writeRecords("relay", records);
    records.set(A, "2").set(B, "2");
    await written;
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "1"]]));
  },

  async "writeRecords() refuses what would come back changed, and then writes nothing"(db) {
    for (const bad of ["a\0b", "\ud83d", 7 as unknown as string]) {
      const expected = {
        name: "TypeError",
        message: 'Cannot keep the record "wss://b.example/" of topic "relay": key and record ' +
          "must be text without NUL or half characters",
      };
      await assert.rejects(db.writeRecords("relay", new Map([[A, "1"], [B, bad]])), expected);
    }
    await assert.rejects(db.writeRecords("relay", new Map([["\0", "1"]])), /record "\\u0000"/);
    assert.equal((await db.readRecords("relay")).size, 0);
  },

  async "claim() gives each key to one owner, until its time is over or it is given back"(db) {
    if (!db.claim) return;
    const keys = Array.from({ length: 300 }, (_, i) => `10002:${i}`);
    assert.equal((await db.claim([], 1_000, "one")).size, 0);
    assert.equal((await db.claim(keys, 60_000, "one")).size, 300);
    assert.deepEqual(await db.claim([keys[0], "new"], 60_000, "two"), new Set(["new"]));
    assert.equal((await db.claim(keys.slice(0, 2), 60_000, "one")).size, 2, "its own again");
    assert.equal((await db.claim([keys[0]], 0, "one")).size, 1, "given back");
    while ((await db.claim([keys[0]], 60_000, "two")).size === 0) await nextTurn();
    assert.equal((await db.claim([keys[0]], 60_000, "one")).size, 0);
    assert.equal((await db.claim([keys[0]], 60_000)).size, 0, "this object is an owner of its own");
    for (let i = 0; i < 60; i++) await db.claim([`${i}`], 60_000, "many");
    assert.equal((await db.readRecords("relay")).size, 0);
  },

  async "writeRecords() and event() run beside each other"(db) {
    const events = Array.from({ length: 20 }, (_, i) => unsigned({ created_at: i + 1 }));
    await Promise.all(events.flatMap((event, i) => [
      db.event(event),
      db.writeRecords("relay", new Map([[A, `${i}`]])),
    ]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "19"]]));
    assert.equal((await db.query([{}])).length, 20);
    await db.remove!([{}]);
    assert.equal(
      (await db.readRecords("relay")).size,
      1,
      "no event, so nothing that removes events",
    );
  },
};

/** Registers the tests of records in one kind of database. */
export function recordsContract({ name, open, skip, runs = 100 }: Backing): void {
  for (const [claim, test] of Object.entries(CLAIMS)) {
    testUnless(skip, `${name}: ${claim}`, async () => {
      const { db, close } = await open();
      await test(db as Store, runs);
      await close();
    });
  }
}
