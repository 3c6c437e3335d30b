/**
 * A page that has an IndexedDB of events: `events` is what tests call there.
 *
 * @module
 */

import { type IndexedDb, openIndexedDb } from "../../src/db/indexeddb.ts";
import { unsigned } from "../db/events.ts";

let db: IndexedDb;

const EVENTS = {
  /** Opens the database that all tabs share. */
  async open(maxEvents?: number): Promise<void> {
    db = await openIndexedDb("tabs", { maxEvents });
  },

  /** Stores posts, all at once; returns the error's message if that fails. */
  async store(from: number, count: number, content = ""): Promise<string | undefined> {
    const posts = Array.from(
      { length: count },
      (_, i) => db.event(unsigned({ created_at: from + i, content })),
    );
    const failed = (await Promise.allSettled(posts)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") return (failed.reason as Error).message;
  },

  /** Adds one to a record, so many times. */
  async increment(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await db.shared!.updateRecords(
        "relay",
        ["wss://a.example/"],
        (stored) => new Map([["wss://a.example/", `${Number([...stored.values()][0] ?? 0) + 1}`]]),
      );
    }
  },

  /** What the database has: how many events and the oldest of them, the record, what it forgot. */
  async state(): Promise<{ count: number; oldest?: number; record?: string; forgotten?: number }> {
    const events = await db.query([{}]);
    return {
      count: events.length,
      oldest: events.at(-1)?.created_at,
      record: (await db.readRecords("relay")).get("wss://a.example/"),
      forgotten: await db.forgottenUntil(),
    };
  },

  /** Deletes the database under all tabs. */
  async remove(): Promise<void> {
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase("tabs");
      request.onsuccess = resolve;
      request.onerror = reject;
    });
  },
};

/** What a test may call in the page. */
export type StorePage = typeof EVENTS;

Object.assign(globalThis, { events: EVENTS });
