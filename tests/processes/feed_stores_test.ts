import assert from "node:assert/strict";
import type { NStore } from "@nostrify/types";
import { NCache } from "@nostrify/nostrify";
import { openPostgres } from "../../src/db/postgres.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import type { RecordStore } from "../../src/base/record_store.ts";
import { createOutbox } from "../../src/create_outbox.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { testPostgres } from "./postgres.ts";

const alice = new Signer(1), bob = new Signer(2);
const NOW = Math.floor(Date.now() / 1000) - 20_000;
const posts = [alice, bob].flatMap((who, index) =>
  Array.from(
    { length: 40 },
    (_, i) => who.sign({ content: `${i}`, created_at: NOW - 60 * i - index }),
  )
).sort((a, b) => b.created_at - a.created_at);

/** Reads three pages twice, each time by another outbox; what each read and relays sent. */
async function readTwice(
  open: () => Promise<{ store: NStore; close: () => Promise<void> }>,
  records?: RecordStore,
) {
  await using first = RelayServer.start();
  await using second = RelayServer.start();
  first.seed(posts);
  second.seed(posts.filter((_, i) => i % 5 > 0));
  const results: { ids: string[]; sent: number }[] = [];
  for (let round = 0; round < 2; round++) {
    const sentBefore = first.stats.eventsSent + second.stats.eventsSent;
    const { store, close } = await open();
    const outbox = createOutbox({
      store: records ? undefined : store,
      records,
      indexerRelays: [],
      relayInfo: false,
      policy: { allowLocal: true, allowInsecure: true },
    });
    for (const who of [alice, bob]) {
      await outbox.store.event(
        who.relayList({ both: [first.url, second.url] }, { created_at: NOW }),
      );
    }
    const authors = [alice.pubkey, bob.pubkey];
    const feed = outbox.feed([{ kinds: [1], authors }], { store, pageSize: 20, patience: 10_000 });
    const ids: string[] = [];
    for await (const { events, late } of feed) {
      ids.push(...events.map(({ id }) => id));
      assert.deepEqual(late, []);
      if (ids.length >= 60) break;
    }
    await outbox.close();
    await close();
    results.push({ ids, sent: first.stats.eventsSent + second.stats.eventsSent - sentBefore });
  }
  return results;
}

/** Fails unless both rounds read the newest posts, and the second asked relays for none of them. */
function assertResumed([first, second]: { ids: string[]; sent: number }[]): void {
  const expected = posts.slice(0, 60).map(({ id }) => id);
  assert.deepEqual(first.ids, expected);
  assert.deepEqual(second.ids, expected);
  assert.ok(first.sent >= 100, `${first.sent} events sent`);
  // The second outbox reads ahead of its last page.
  assert.ok(second.sent <= 40, `${second.sent} events sent again`);
}

Deno.test("F5: Outbox feed() goes on from a SQLite file that another outbox wrote", async () => {
  const folder = await Deno.makeTempDir();
  assertResumed(
    await readTwice(async () => {
      const store = await openSqlite(`${folder}/outbox.sqlite3`);
      return { store, close: () => store.close() };
    }),
  );
  await Deno.remove(folder, { recursive: true });
});

testPostgres(
  "F5: Outbox feed() goes on from a database that another outbox wrote",
  async (server) => {
    const { url } = await server.schema();
    assertResumed(
      await readTwice(async () => {
        const store = await openPostgres(url);
        return { store, close: () => store.close() };
      }),
    );
  },
);

Deno.test("F5: Outbox feed() goes on from Nostrify's NCache, with records in SQLite", async () => {
  const store = new NCache({ max: 1_000 });
  await using records = await openSqlite(":memory:");
  assertResumed(
    await readTwice(() => Promise.resolve({ store, close: () => Promise.resolve() }), records),
  );
});
