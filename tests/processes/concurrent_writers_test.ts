import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { EventDatabase } from "../../src/db/kysely.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { histories } from "../db/arbitraries.ts";
import { assertConsistent } from "../db/consistency.ts";
import { unsigned } from "../db/events.ts";
import { Oracle } from "../db/oracle.ts";
import { testUnless } from "../support/test_unless.ts";
import { postgres } from "./postgres.ts";

/** Opens one new database twice; `rows` reads a table of it. */
interface Pair {
  readonly a: EventDatabase;
  readonly b: EventDatabase;
  rows(table: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

async function twoFiles(): Promise<Pair> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/events.sqlite3`;
  const [a, b] = await Promise.all([openSqlite(path), openSqlite(path)]);
  const raw = new DatabaseSync(path);
  return {
    a,
    b,
    rows: (table) => Promise.resolve(raw.prepare(`select * from ${table}`).all()),
    async close() {
      raw.close();
      await a.close();
      await b.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function twoPools(): Promise<Pair> {
  if (typeof postgres === "string") throw new Error(postgres);
  const schema = await postgres.schema();
  const [a, b] = await Promise.all([schema.open(), schema.open()]);
  const raw = schema.pool();
  return {
    a,
    b,
    rows: async (table) => (await raw.query(`select * from ${table}`)).rows,
    async close() {
      await raw.end();
      await a.close();
      await b.close();
    },
  };
}

/** Lets two writers write at once, each its own part in order. */
async function race(
  { a, b }: Pair,
  events: readonly NostrEvent[],
  sides: readonly boolean[],
): Promise<void> {
  const write = async (db: EventDatabase, side: boolean) => {
    const writes: Promise<void>[] = [];
    for (const [i, event] of events.entries()) {
      if (sides[i % sides.length] !== side) continue;
      const written = db.event(event).catch((error) => {
        if (error.reason !== "deleted") throw error;
      });
      writes.push(written);
      // Some go in one transaction, some in the next.
      if (i % 3 === 0) await written;
    }
    await Promise.all(writes);
  };
  await Promise.all([write(a, true), write(b, false)]);
}

for (
  const [name, open, skip] of [
    ["Two connections to a SQLite file", twoFiles, undefined],
    ["Two pools of PostgreSQL", twoPools, typeof postgres === "string" ? postgres : undefined],
  ] as const
) {
  const laws = (
    claim: string,
    arbitrary: fc.Arbitrary<NostrEvent[]>,
    check: (pair: Pair, events: NostrEvent[]) => Promise<void>,
  ) =>
    testUnless(skip, `${name}: ${claim}`, () =>
      fc.assert(
        fc.asyncProperty(
          arbitrary,
          fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
          async (events, sides) => {
            const pair = await open();
            try {
              await race(pair, events, sides);
              await check(pair, events);
              assertConsistent(
                await pair.rows("nostr_events"),
                await pair.rows("nostr_tags"),
              );
            } finally {
              await pair.close();
            }
          },
        ),
        { numRuns: 25 },
      ));

  laws(
    "S1: the newest version wins in any interleaving",
    histories(unsigned).map((events) => events.filter(({ kind }) => kind !== 5 && kind !== 62)),
    async ({ a, b }, events) => {
      const oracle = new Oracle();
      for (const event of events) oracle.event(event);
      assert.deepEqual(await a.query([{}]), oracle.query([{}]));
      assert.deepEqual(await b.query([{}]), oracle.query([{}]));
    },
  );

  laws(
    "NIP-09, NIP-62: what is deleted stays deleted in any interleaving",
    histories(unsigned),
    async ({ a }) => {
      const events = await a.query([{}]);
      const oracle = new Oracle();
      for (const event of events) assert.ok(oracle.event(event));
      assert.deepEqual(oracle.query([{}]), events);
    },
  );
}
