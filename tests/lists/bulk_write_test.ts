import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { settled } from "../../testing/test_clock.ts";
import { PEOPLE } from "../support/arbitraries.ts";
import { A, B, listEvent, NOW, setUp, unsigned } from "../support/list_store.ts";

const [ALICE, BOB, CAROL] = PEOPLE;
const MANY = Array.from({ length: 250 }, (_, i) => (i + 1).toString(16).padStart(64, "0"));

/** A store, and the events that it verified. */
function setUpVerified(lists: NostrEvent[] = [], batchSize = 1_000) {
  const verified: NostrEvent[] = [];
  const verifyEvent = (event: NostrEvent) => verified.push(event) > 0;
  return { ...setUp(lists, { verifyEvent, batchSize }), verified };
}

Deno.test("RelayListStore events() stores thousands of lists with three queries per batch", async () => {
  const { db, store } = setUpVerified([], 100);
  const result = await store.events(MANY.map((pubkey) => listEvent(pubkey)));
  assert.deepEqual(result, { stored: 250, refused: [] });
  const calls = db.calls.map(({ method }) => method);
  assert.equal(calls.filter((method) => method === "query").length, 2 * 3);
  assert.equal(calls.filter((method) => method === "event").length, 250);
});

Deno.test("RelayListStore events() hands the database all lists of a batch in one turn, for one transaction", async () => {
  const { db, store } = setUpVerified();
  db.held = true;
  const stored = store.events(MANY.map((pubkey) => listEvent(pubkey)));
  for (let i = 0; i < 2; i++) {
    await settled();
    await db.calls[i].answer();
  }
  await settled();
  const writes = db.calls.slice(2);
  assert.equal(writes.length, 250);
  for (const write of writes) write.answer();
  assert.equal((await stored).stored, 250);
});

Deno.test("RelayListStore events() counts what was stored: of versions given together, only the newest", async () => {
  const { store, write } = setUpVerified([listEvent(BOB, [A], NOW)]);
  const { stored } = await store.events([
    listEvent(ALICE, [A], NOW),
    listEvent(ALICE, [B], NOW + 1),
    listEvent(ALICE, [A], NOW - 1),
    listEvent(BOB, [B], NOW - 1),
    unsigned(CAROL, { kind: 1 }),
  ]);
  assert.equal(stored, 2);
  assert.deepEqual([await write(ALICE), await write(BOB)], [[B], [A]]);
});

Deno.test("NIP-09: RelayListStore events() keeps the order of lists and of the events that delete them", async () => {
  const tags = [["a", `10002:${ALICE}:`]];
  const deletion = unsigned(ALICE, { kind: 5, created_at: NOW, tags });
  const before = setUpVerified();
  const first = await before.store.events([listEvent(ALICE), deletion]);
  assert.deepEqual([first.stored, first.refused, await before.write(ALICE)], [2, [], undefined]);
  const after = setUpVerified();
  const second = await after.store.events([deletion, listEvent(ALICE), listEvent(BOB)]);
  assert.deepEqual(second.refused.map(({ reason }) => reason), ["deleted"]);
  assert.deepEqual([await after.write(ALICE), await after.write(BOB)], [undefined, [A]]);
});

Deno.test("RelayListStore events() verifies nothing again that is stored as it is, but whatever differs", async () => {
  const lists = MANY.slice(0, 5).map((pubkey) => listEvent(pubkey));
  const { store, verified } = setUpVerified(lists);
  await store.events(lists);
  assert.deepEqual(verified, []);
  const changes: Partial<NostrEvent>[] = [
    { content: "x" },
    { tags: [["r", B]] },
    { sig: "1".repeat(128) },
    { created_at: NOW + 1 },
    { pubkey: CAROL },
  ];
  const changed = changes.map((change, i) => ({ ...lists[i], ...change }));
  await store.events(changed);
  assert.deepEqual(verified, changed);
});

Deno.test("RelayListStore events() without lists sends no query", async () => {
  const { db, store } = setUpVerified();
  assert.deepEqual(await store.events([]), { stored: 0, refused: [] });
  await store.events([unsigned(ALICE, { kind: 1 })]);
  assert.deepEqual(db.calls.map(({ method }) => method), ["event"]);
});

Deno.test("RelayListStore events() refuses junk of any form", async () => {
  const { store } = setUpVerified([listEvent(ALICE)]);
  const junk = [
    null,
    7,
    {},
    { ...listEvent(ALICE), content: 7n },
    { ...listEvent(ALICE), tags: [null] },
    { ...listEvent(ALICE), pubkey: "x" },
    { ...listEvent(ALICE), kind: 10002.5 },
  ] as unknown as NostrEvent[];
  const { stored, refused } = await store.events([...junk, listEvent(BOB)]);
  assert.equal(stored, 1);
  assert.deepEqual(
    refused.map(({ event, reason }) => [event, reason]),
    junk.map((event) => {
      return [event, "malformed"];
    }),
  );
});

Deno.test("RelayListStore events() gives other work a turn after ten milliseconds of verifying", async () => {
  const time = { now: NOW * 1000 };
  let verified = 0;
  const verifyEvent = () => {
    time.now += 5;
    return ++verified > 0;
  };
  const { store } = setUp([], { verifyEvent, now: () => time.now });
  const progress = new Set<number>();
  let isOver = false;
  const look = () => {
    progress.add(verified);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await store.events(MANY.slice(0, 20).map((pubkey) => listEvent(pubkey)));
  isOver = true;
  await settled();
  assert.deepEqual([...progress], [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
});

Deno.test("RelayListStore events() rejects with the reason of its signal, between two signatures", async () => {
  const controller = new AbortController();
  const { db, store, verified } = setUpVerified([], 20);
  const lists = MANY.map((pubkey) => listEvent(pubkey));
  store.onList(() => controller.abort(new Error("enough")));
  await assert.rejects(store.events(lists, { signal: controller.signal }), /enough/);
  assert.ok(verified.length <= 40, `${verified.length}`);
  const calls = db.calls.length;
  await assert.rejects(store.events(lists, { signal: controller.signal }), /enough/);
  assert.equal(db.calls.length, calls);
});

Deno.test("RelayListStore events() rejects as the database does; listeners hear of what was stored, and it stays", async () => {
  const { cache, db, store, write } = setUpVerified();
  const notified: string[] = [];
  store.onList(({ pubkey }) => notified.push(pubkey));
  await store.get([ALICE, BOB]);
  db.event = (event) =>
    event.pubkey === ALICE ? Promise.reject(new Error("disk full")) : cache.event(event);
  await assert.rejects(store.events([listEvent(ALICE), listEvent(BOB)]), /disk full/);
  assert.deepEqual(notified, [BOB]);
  assert.deepEqual([await write(ALICE), await write(BOB)], [undefined, [A]]);
});

Deno.test("RelayListStore events() leaves out what the database refuses, such as what was deleted meanwhile", async () => {
  const { cache, db, store, write } = setUpVerified();
  const refusal = new EventRefusedError("deleted", listEvent(ALICE), "by another process");
  db.event = (event) => event.pubkey === ALICE ? Promise.reject(refusal) : cache.event(event);
  const result = await store.events([listEvent(ALICE), listEvent(BOB)]);
  assert.deepEqual([result.stored, result.refused], [1, [refusal]]);
  await assert.rejects(store.event(listEvent(ALICE)), refusal);
  assert.deepEqual([await write(ALICE), await write(BOB)], [undefined, [A]]);
});

Deno.test("RelayListStore events() waits for writes of the same authors, and they wait for it", async () => {
  const { db, store, write } = setUpVerified();
  db.held = true;
  const first = store.event(listEvent(ALICE));
  const second = store.events([listEvent(ALICE, [B], NOW + 1), listEvent(BOB)]);
  await settled();
  await db.calls[1].answer();
  await settled();
  assert.deepEqual(db.calls.map(({ method }) => method), ["query", "query"]);
  const third = store.event(unsigned(BOB, { kind: 62, tags: [["relay", "ALL_RELAYS"]] }));
  db.held = false;
  await db.calls[0].answer();
  await Promise.all([first, second, third]);
  assert.deepEqual([await write(ALICE), await write(BOB)], [[B], undefined]);
});
