import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { PassiveDiscovery } from "../../src/discovery/passive_discovery.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { draft } from "../../testing/memory_source.ts";
import { A, B, listEvent, NOW, unsigned } from "../support/list_store.ts";
import { CAROL, startPassiveDiscovery } from "../support/passive_discovery.ts";

const ALICE = "aa".repeat(32);

Deno.test("PassiveDiscovery stores a relay list, and the newest of several wins", async () => {
  const { write, saw } = startPassiveDiscovery();
  await saw(listEvent(ALICE, [B], NOW - 5), listEvent(ALICE, [A], NOW - 9));
  assert.deepEqual(await write(ALICE), [B]);
  await saw(listEvent(ALICE, [A], NOW - 1));
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("NIP-01: PassiveDiscovery stores the list with the lower id of two from one second", async () => {
  const pair = [listEvent(ALICE, [A]), listEvent(ALICE, [B])];
  const [low, high] = pair.sort((a, b) => a.id < b.id ? -1 : 1);
  for (const order of [[low, high], [high, low]]) {
    const { store, saw } = startPassiveDiscovery();
    await saw(...order);
    const [stored] = await store.query([{ kinds: [10002] }]);
    assert.equal(stored.id, low.id);
  }
});

Deno.test("NIP-17: PassiveDiscovery stores a list of DM relays", async () => {
  const { store, saw } = startPassiveDiscovery();
  await saw(unsigned(ALICE, { kind: 10050, tags: [["relay", A]] }));
  assert.deepEqual((await store.get([ALICE], { kind: 10050 })).get(ALICE)?.write, [A]);
});

Deno.test("NIP-51: PassiveDiscovery stores the user's lists of kinds that concern only their author", async () => {
  const { store, saw } = startPassiveDiscovery();
  for (const kind of [10006, 10007, 10009, 10013]) {
    await saw(unsigned(ALICE, { kind }), unsigned(CAROL, { kind }));
    const stored = await store.query([{ kinds: [kind] }]);
    assert.deepEqual(stored.map(({ pubkey }) => pubkey), [CAROL]);
  }
});

Deno.test("NIP-09, NIP-62: PassiveDiscovery stores events that delete a list", async () => {
  const own = { created_at: NOW };
  for (
    const back of [
      unsigned(ALICE, { kind: 5, tags: [["a", `10002:${ALICE}:`]], ...own }),
      unsigned(ALICE, {
        kind: 5,
        tags: [["k", "10002"], ["e", listEvent(ALICE, [A], NOW - 1).id]],
        ...own,
      }),
      unsigned(ALICE, { kind: 62, tags: [["relay", "ALL_RELAYS"]], ...own }),
    ]
  ) {
    const { write, saw } = startPassiveDiscovery();
    await saw(listEvent(ALICE, [A], NOW - 1), back);
    assert.equal(await write(ALICE), undefined);
  }
});

Deno.test("NIP-62: PassiveDiscovery keeps the list of an author who vanishes from some relays only", async () => {
  const { write, saw, discovery } = startPassiveDiscovery();
  const back = unsigned(ALICE, { kind: 62, tags: [["relay", B]], created_at: NOW });
  await saw(listEvent(ALICE, [A], NOW - 1), back);
  discovery.published(back);
  await discovery.idle();
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("PassiveDiscovery stores no posts, and no deletions that name no list", async () => {
  const { db, saw } = startPassiveDiscovery();
  await saw(
    unsigned(ALICE, { kind: 5, tags: [["e", "ee".repeat(32)], ["k", "1"]] }),
    unsigned(ALICE, { kind: 1 }),
    unsigned(ALICE, { kind: 3 }),
  );
  assert.equal(db.calls.filter(({ method }) => method === "event").length, 0);
});

Deno.test("PassiveDiscovery offers the store a list from every relay once", async () => {
  const { db, discovery } = startPassiveDiscovery();
  const list = listEvent(ALICE);
  for (let i = 0; i < 50; i++) discovery.saw(list, `wss://relay${i}.example/`);
  await discovery.idle();
  for (let i = 0; i < 50; i++) discovery.saw(list, `wss://relay${i}.example/`);
  await discovery.idle();
  assert.equal(db.calls.filter(({ method }) => method === "event").length, 1);
});

Deno.test("PassiveDiscovery offers the store a list that may be new, by its kind and time, and once", async () => {
  const offered: NostrEvent[] = [];
  const known = new Map([[10002, NOW], [10050, NOW + 9]]);
  const discovery = new PassiveDiscovery({
    store: {
      peek: (pubkey, kind = 10002) => ({
        pubkey,
        created_at: known.get(kind)!,
        write: [],
        read: [],
      }),
      event: (event) => Promise.resolve(void offered.push(event)),
    },
    book: { add: () => 0 },
    onError: (error) => assert.fail(error),
  });
  const lists = [10002, 10050].flatMap((kind) =>
    [-1, 0, 9].map((after) => unsigned(ALICE, { kind, created_at: NOW + after }))
  );
  for (let i = 0; i < 3; i++) {
    for (const list of lists) for (const relay of [A, B]) discovery.saw(list, relay);
    await discovery.idle();
  }
  // Of two from one second the lower id wins.
  assert.deepEqual(offered, [lists[1], lists[2], lists[5]]);
});

Deno.test("PassiveDiscovery stores no list from the far future, and reports no error", async () => {
  const { write, saw, errors } = startPassiveDiscovery();
  await saw(listEvent(ALICE, [A], NOW + 100_000));
  assert.equal(await write(ALICE), undefined);
  assert.deepEqual(errors, []);
});

Deno.test("PassiveDiscovery skips lists and deletions of more than 32,768 characters", async () => {
  const { saw, db, write } = startPassiveDiscovery([listEvent(ALICE)]);
  const urls = Array.from({ length: 10_000 }, (_, i) => `wss://r${i}.example/`);
  await saw(
    listEvent(ALICE, urls, NOW + 1),
    unsigned(ALICE, { kind: 10050, tags: urls.map((url) => ["relay", url]) }),
    unsigned(ALICE, { kind: 5, tags: [["a", `10002:${ALICE}:`, "x".repeat(40_000)]] }),
  );
  assert.equal(db.calls.filter(({ method }) => method === "event").length, 0);
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("PassiveDiscovery reports a database that fails, and stores the list the next time", async () => {
  const failure = new Error("disk full");
  const stored: string[] = [];
  const errors: Error[] = [];
  const results: (Error | undefined)[] = [failure, undefined];
  const discovery = new PassiveDiscovery({
    store: {
      peek: () => undefined,
      event(event) {
        const error = results.shift();
        if (error) return Promise.reject(error);
        stored.push(event.id);
        return Promise.resolve();
      },
    },
    book: { add: () => 0 },
    onError: (error) => errors.push(error),
  });
  const list = listEvent(ALICE);
  discovery.saw(list, A);
  await discovery.idle();
  assert.deepEqual(errors.map(({ cause }) => cause), [failure]);
  assert.match(errors[0].message, new RegExp(`Cannot store event ${list.id} of kind 10002`));
  discovery.saw(list, A);
  await discovery.idle();
  assert.deepEqual(stored, [list.id]);
});

Deno.test("PassiveDiscovery does not pile up a flood of lists before a slow database", async () => {
  let begun = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const discovery = new PassiveDiscovery({
    store: { peek: () => undefined, event: () => (begun++, promise) },
    book: { add: () => 0 },
    onError: (error) => assert.fail(error),
  });
  const pubkey = (i: number) => i.toString(16).padStart(64, "0");
  for (let i = 0; i < 5_000; i++) {
    discovery.saw(draft({ kind: 10002, pubkey: pubkey(i), id: pubkey(i) }), A);
  }
  assert.equal(begun, 1_000);
  resolve();
  await discovery.idle();
});

Deno.test("PassiveDiscovery reports no error for a list that the store refuses", async () => {
  const errors: Error[] = [];
  const discovery = new PassiveDiscovery({
    store: {
      peek: () => undefined,
      event: (event) => Promise.reject(new EventRefusedError("deleted", event, "gone")),
    },
    book: { add: () => 0 },
    onError: (error) => errors.push(error),
  });
  discovery.saw(listEvent(ALICE), A);
  await discovery.idle();
  assert.deepEqual(errors, []);
});

Deno.test("PassiveDiscovery takes what a relay delivers of an author for a hint once an hour", async () => {
  const { clock, saw, hints } = startPassiveDiscovery();
  const posts = [1, 2, 3].map((n) => unsigned(ALICE, { kind: 1, created_at: NOW - n }));
  const expected = { subject: ALICE, source: "delivered", url: A };
  await saw(...posts);
  assert.deepEqual(hints, [expected]);
  await clock.advance(3_599_000);
  await saw(...posts);
  assert.equal(hints.length, 1);
  await clock.advance(1_000);
  await saw(...posts);
  assert.deepEqual(hints, [expected, expected]);
});
