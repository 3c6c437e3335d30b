import { NCache } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { outageOf } from "../../src/base/outage.ts";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { settled, START, TestClock } from "../../testing/test_clock.ts";
import { PEOPLE } from "../support/arbitraries.ts";
import { ControlledStore } from "../support/controlled_store.ts";
import { A, B, listEvent, unsigned } from "../support/list_store.ts";

const [ALICE, BOB, CAROL] = PEOPLE;
const TIMEOUT_MS = 5_000;

/** A store over a database that keeps silent once `db.held` is set. */
function start(events = [listEvent(ALICE, [A], START)]) {
  const clock = new TestClock();
  const cache = new NCache({ max: 100 });
  for (const event of events) cache.add(event);
  const records = {
    readRecords: () => db.query([{}]).then(() => new Map<string, string>()),
    writeRecords: () => db.event(listEvent(CAROL)),
  };
  const db = Object.assign(new ControlledStore(cache), records);
  const store = new RelayListStore(db, {
    verifyEvent: ({ content }) => content !== "forged",
    now: () => clock.now(),
    after: (ms, run) => clock.after(ms, run),
  });
  /** After how many milliseconds a call rejects. */
  const rejectsAfter = async (call: Promise<unknown>) => {
    const startedAt = clock.now();
    let ms: number | undefined;
    call.then(() => ms = NaN, () => ms = clock.now() - startedAt);
    await clock.advance(10 * TIMEOUT_MS);
    return ms;
  };
  return { clock, db, store, rejectsAfter };
}

Deno.test("D1: RelayListStore bounds every wait for a database that does not answer", async () => {
  const calls: Record<string, (store: RelayListStore) => Promise<unknown>> = {
    get: (store) => store.get([BOB]),
    query: (store) => store.query([{ kinds: [1] }]),
    count: (store) => store.count([{ kinds: [1] }]),
    event: (store) => store.event(listEvent(BOB, [A], START)),
    note: (store) => store.event(unsigned(BOB, { kind: 1, created_at: START })),
    vanish: (store) => store.event(unsigned(BOB, { kind: 62, created_at: START })),
    events: (store) => store.events([listEvent(BOB, [A], START)]),
    remove: (store) => store.remove([{ kinds: [1] }]),
    readRecords: (store) => store.records!.readRecords("relay"),
    writeRecords: (store) => store.records!.writeRecords("relay", new Map([["a", "b"]])),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { clock, db, store, rejectsAfter } = start();
    db.held = true;
    assert.equal(await rejectsAfter(call(store)), TIMEOUT_MS, name);
    assert.equal(clock.pending, 0, name);
  }
});

Deno.test("D1: RelayListStore returns what is in memory at once, and rejects the rest at once", async () => {
  const { clock, db, store, rejectsAfter } = start();
  await store.get([ALICE]);
  db.held = true;
  await rejectsAfter(store.get([BOB]));
  assert.equal((await store.get([ALICE])).size, 1);
  // The first call after a pause is a trial.
  store.get([BOB]).catch(assert.ok);
  await clock.advance(500);
  await assert.rejects(store.get([BOB]), /has not answered for \d+ ms/);
  await assert.rejects(store.query([{}]), /has not answered/);
  assert.ok(db.calls.length < 5);
});

Deno.test("D1: RelayListStore works again as soon as the database answers late", async () => {
  const { clock, db, store } = start();
  db.held = true;
  const late = assert.rejects(store.get([ALICE]), /has not answered/);
  await clock.advance(TIMEOUT_MS);
  await late;
  await assert.rejects(store.get([ALICE]));
  db.held = false;
  await db.calls[0].answer();
  await settled();
  assert.equal((await store.get([ALICE])).size, 1);
  await store.event(listEvent(BOB, [A], START));
});

Deno.test("RelayListStore takes a refusal for an answer of its database", async () => {
  const { db, store } = start();
  const event = unsigned(ALICE, { kind: 1 });
  db.event = () => Promise.reject(new EventRefusedError("deleted", event, "it is"));
  await assert.rejects(store.event(event), (error: Error) => {
    assert.ok(error instanceof EventRefusedError);
    assert.equal(outageOf(error), undefined);
    return true;
  });
});

Deno.test("D1: RelayListStore obeys the signal while its database does not answer", async () => {
  const { db, store, rejectsAfter } = start();
  db.held = true;
  for (const method of ["query", "count", "remove"] as const) {
    const controller = new AbortController();
    const call = store[method]([{ kinds: [1] }], { signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(call, /enough/);
  }
  const controller = new AbortController();
  const event = store.event(listEvent(BOB, [A], START), { signal: controller.signal });
  controller.abort(new Error("enough"));
  assert.equal(await rejectsAfter(event), 0);
});

Deno.test("D1: RelayListStore hold() serves a list that was not stored, and tells listeners", async () => {
  const { db, store } = start();
  const heard: string[] = [];
  store.onList(({ pubkey }, kind) => heard.push(`${kind} ${pubkey}`));
  db.event = () => Promise.reject(new Error("disk full"));
  const list = listEvent(BOB, [B], START);
  await assert.rejects(store.events([list]), /disk full/);
  assert.deepEqual(await store.hold([list]), []);
  assert.deepEqual((await store.get([BOB])).get(BOB)?.write, [B]);
  assert.deepEqual(store.peek(BOB)?.write, [B]);
  const blocked = unsigned(BOB, { kind: 10006, created_at: START });
  await store.hold([blocked, unsigned(BOB, { kind: 1, created_at: START })]);
  assert.deepEqual(heard, [`10002 ${BOB}`, `10006 ${BOB}`]);
});

Deno.test("D1: RelayListStore hold() keeps no list that is forged, or not newer than the one in memory", async () => {
  const { store } = start();
  await store.get([ALICE]);
  store.onList(() => assert.fail("it is not news"));
  const forged = { ...listEvent(BOB, [B], START), content: "forged" };
  const [refused, ...others] = await store.hold([
    forged,
    listEvent(ALICE, [B], START),
    listEvent(ALICE, [B], START - 1),
  ]);
  assert.deepEqual([refused.reason, refused.event, others], ["forged", forged, []]);
  assert.deepEqual(store.peek(ALICE)?.write, [A]);
  assert.equal(store.peek(BOB), undefined);
});

Deno.test("RelayListStore stores a newer list over one that it holds", async () => {
  const { store } = start([]);
  await store.hold([listEvent(ALICE, [A], START)]);
  await store.event(listEvent(ALICE, [B], START + 1));
  assert.deepEqual((await store.get([ALICE])).get(ALICE)?.write, [B]);
});
