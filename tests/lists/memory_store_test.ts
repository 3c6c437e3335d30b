import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import { matchFilter } from "nostr-tools";
import assert from "node:assert/strict";
import { MemoryStore } from "../../src/lists/memory_store.ts";
import { filtersFor, histories } from "../db/arbitraries.ts";
import { ids, store } from "../db/contract_queries.ts";
import { unsigned } from "../db/events.ts";

const now = () => 1_700_000_000_000;

Deno.test("MemoryStore finds by any filter what a look at each event finds, also after it had to forget some", async () => {
  const history = histories(unsigned).chain((events) =>
    fc.tuple(fc.constant(events), fc.integer({ min: 1, max: 12 }), filtersFor(events, unsigned))
  );
  await fc.assert(fc.asyncProperty(history, async ([events, max, filters]) => {
    const db = new MemoryStore({ max, now });
    for (const [i, event] of events.entries()) {
      await db.event(event).catch(({ reason }) => assert.equal(reason, "deleted"));
      if (i % 9 === 8) await db.remove([filters[0]]);
    }
    const all = await db.query([{}]);
    assert.ok(all.length <= max);
    for (const filter of filters) {
      const { limit, ...rest } = filter;
      const expected = all.filter((event) => matchFilter(rest, event)).slice(0, limit);
      assert.deepEqual(await db.query([filter]), expected);
    }
  }));
});

Deno.test("MemoryStore forgets what was stored or read the longest ago", async () => {
  const posts = Array.from({ length: 6 }, (_, i) => unsigned({ content: `${i}` }));
  const step = fc.tuple(fc.constantFrom("event", "query", "count"), fc.constantFrom(...posts));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (steps) => {
      const db = new MemoryStore({ max: 3, now });
      let used: NostrEvent[] = [];
      for (const [method, post] of steps) {
        if (method === "event") await db.event(post);
        else if (method === "query") await db.query([{ ids: [post.id] }]);
        else await db.count([{ ids: [post.id] }]);
        if (method === "count" || (method === "query" && !used.includes(post))) continue;
        used = [...used.filter((other) => other !== post), post].slice(-3);
      }
      assert.deepEqual(new Set(await db.query([{}])), new Set(used));
    }),
  );
});

Deno.test("MemoryStore keeps a deletion that keeps an event away", async () => {
  const db = new MemoryStore({ max: 2, now });
  const post = unsigned({ content: "deleted" });
  const deletion = unsigned({ kind: 5, tags: [["e", post.id]] });
  await db.event(deletion);
  for (const content of ["1", "2", "3"]) {
    await db.event(unsigned({ author: 2, content }));
    await assert.rejects(db.event(post), { reason: "deleted" });
  }
  await store(db, ["4", "5"].map((content) => unsigned({ author: 2, content })));
  await db.event(post);
  assert.deepEqual(await ids(db, [{ authors: [post.pubkey] }]), [post.id]);
});

Deno.test("MemoryStore keeps to a limit by whole events, the newest, whatever a filter names twice", async () => {
  const db = new MemoryStore({ max: 9, now });
  const events = [30, 10, 20].map((created_at) => unsigned({ created_at }));
  await store(db, events);
  const [last, first, middle] = events.map(({ id }) => id);
  const authors = [events[0].pubkey, events[0].pubkey];
  for (
    const filter of [{}, { ids: [last, first, last, middle] }, { authors }, {
      authors,
      kinds: [1, 1],
    }]
  ) {
    assert.deepEqual(await ids(db, [{ ...filter, limit: 2 }]), [last, middle]);
    assert.deepEqual(await ids(db, [{ ...filter, limit: 1.5 }]), [last]);
    assert.deepEqual(await ids(db, [{ ...filter, limit: -1 }]), []);
    assert.deepEqual(await ids(db, [{ ...filter, search: "" }]), [last, middle, first]);
    assert.deepEqual(await ids(db, [{ ...filter, search: "words" }]), []);
  }
});

Deno.test("MemoryStore has an event until it expires (NIP-40)", async () => {
  let time = 99_999;
  const db = new MemoryStore({ max: 9, now: () => time });
  const event = unsigned({ tags: [["expiration", "100"]] });
  await db.event(event);
  assert.deepEqual(await db.query([{}]), [event]);
  time = 100_000;
  assert.deepEqual(await db.query([{ ids: [event.id] }]), []);
  assert.equal((await db.count([{}])).count, 0);
  await assert.rejects(db.event(event), { reason: "expired" });
});

Deno.test("MemoryStore looks at no other events to store a list, to delete it, or to read lists of authors", async () => {
  assert.deepEqual(await looksAmong(4_000), await looksAmong(0));
});

/** How many fields of events are read to store a list, to read 200, and to delete one. */
async function looksAmong(others: number): Promise<number[]> {
  let looks = 0;
  const counted = (event: NostrEvent) =>
    new Proxy(event, {
      get(target, name) {
        looks++;
        return target[name as keyof NostrEvent];
      },
    });
  const looksOf = async (work: Promise<unknown>) => {
    await work;
    const seen = looks;
    looks = 0;
    return seen;
  };
  const db = new MemoryStore({ max: 5_000, now });
  const lists = Array.from({ length: 200 }, (_, i) => unsigned({ author: i + 1, kind: 10002 }));
  const authors = lists.map(({ pubkey }) => pubkey);
  const posts = Array.from({ length: others + 1 }, (_, i) => unsigned({ content: `${i}` }));
  await looksOf(store(db, [...posts, ...lists].map(counted)));
  const later = unsigned({ kind: 10002, created_at: 1_700_000_001 });
  const deletion = unsigned({ kind: 5, tags: [["e", later.id]] });
  return [
    await looksOf(db.event(counted(later))),
    await looksOf(db.query([{ kinds: [10002, 10050], authors }])),
    await looksOf(db.event(counted(deletion))),
  ];
}
