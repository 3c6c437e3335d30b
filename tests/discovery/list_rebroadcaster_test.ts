import assert from "node:assert/strict";
import { settled } from "../../testing/test_clock.ts";
import { A, B, listEvent, NOW, unsigned } from "../support/list_store.ts";
import { ALICE, BOB, post, setUp } from "../support/rebroadcasting.ts";
import { RecordMap } from "../support/relay_records.ts";

const HOUR_MS = 3_600_000;

Deno.test("NIP-65: ListRebroadcaster sends a relay that accepted an event its author's relay list, once per version", async () => {
  const { rebroadcaster, sent, errors, write, publish } = setUp();
  const list = write();
  for (const url of [A, B, A]) await publish(post(), url);
  assert.deepEqual(sent, [[A, list.id], [B, list.id]]);

  const newer = write(ALICE, NOW + 1);
  for (const url of [A, A]) await publish(post(), url);
  assert.deepEqual(sent.slice(2), [[A, newer.id]]);
  await publish(post(BOB));
  assert.equal(sent.length, 3);
  await rebroadcaster.close();
  assert.deepEqual(errors, []);
});

Deno.test("ListRebroadcaster sends no list for events that only some may see, or nobody may keep", async () => {
  const { sent, world, write, publish } = setUp();
  write();
  const tags = [["p", BOB], ["relay", A], ["d", "x"]];
  for (const kind of [1059, 21059, 31234, 20000, 29999, 62, 13, 22242, 24133]) {
    await publish(unsigned(ALICE, { kind, tags }));
  }
  for (const tag of [["-"], ["h", "cats", A], ["h", "cats"]]) {
    await publish(unsigned(ALICE, { kind: 1, tags: [tag] }));
    await publish(unsigned(ALICE, { kind: 10002, tags: [tag] }));
  }
  await publish(unsigned(ALICE, { kind: 62, tags: [["relay", "ALL_RELAYS"]] }));
  assert.deepEqual([sent, world.queries], [[], 0]);

  for (const kind of [0, 1, 3, 5, 7, 10050, 30023]) {
    await publish(unsigned(ALICE, { kind }), `wss://relay${kind}.example/`);
  }
  assert.equal(sent.length, 7);
});

Deno.test("NIP-70: ListRebroadcaster sends no protected list", async () => {
  const { sent, publish } = setUp({
    store: { query: () => Promise.resolve([unsigned(ALICE, { tags: [["-"]] })]) },
  });
  await publish();
  assert.deepEqual(sent, []);
});

Deno.test("ListRebroadcaster records a published relay list as held, if it is the newest", async () => {
  const { sent, write, publish } = setUp();
  const old = write();
  const list = write(ALICE, NOW + 1);
  await publish(list);
  await publish(old);
  await publish();
  assert.deepEqual(sent, []);
  await publish(post(), B);
  assert.deepEqual(sent, [[B, list.id]]);
});

Deno.test("ListRebroadcaster sends no list to a relay that delivered it, or a newer one", async () => {
  const { rebroadcaster, sent, write, publish } = setUp();
  const list = write();
  await publish(post(), "wss://other.example/");
  rebroadcaster.has(list, A);
  rebroadcaster.has(listEvent(ALICE, [A], NOW + 1), B);
  rebroadcaster.has(listEvent(ALICE, [A], NOW - 1), A);
  for (const url of [A, B]) await publish(post(), url);
  assert.equal(sent.length, 1);

  rebroadcaster.has(unsigned(ALICE, { kind: 1, created_at: NOW + 9 }), A);
  write(ALICE, NOW + 2);
  await publish();
  assert.equal(sent.length, 2);
});

Deno.test("ListRebroadcaster records nothing of strangers' lists, however many are delivered", async () => {
  const backend = new RecordMap();
  const { rebroadcaster, sent, write, publish } = setUp({ backend, max: 3 });
  const list = write();
  await publish();
  for (let i = 0; i < 1_000; i++) {
    rebroadcaster.has(listEvent(i.toString(16).padStart(64, "0")), A);
  }
  await publish();
  assert.deepEqual(sent, [[A, list.id]]);
  await rebroadcaster.close();
  assert.deepEqual([...backend.records.keys()], [`${A} ${ALICE}`]);
});

Deno.test("ListRebroadcaster knows after a restart which relay has which version", async () => {
  const backend = new RecordMap([["junk", "junk"], [`${B} ${ALICE}`, "damaged"]]);
  const first = setUp({ backend });
  const list = first.write();
  await first.publish();
  await first.rebroadcaster.close();
  assert.deepEqual([...backend.topics], ["spread"]);
  assert.equal(first.errors.length, 1);
  assert.match(first.errors[0].message, /Cannot read 2 of 2 records/);

  const second = setUp({ backend });
  second.write();
  await second.publish();
  assert.deepEqual(second.sent, []);
  await second.publish(post(), B);
  assert.deepEqual(second.sent, [[B, list.id]]);
  second.write(ALICE, NOW + 1);
  await second.publish();
  assert.equal(second.sent.length, 2);
  await second.rebroadcaster.close();
});

Deno.test("ListRebroadcaster waits for its records before it sends anything", async () => {
  const backend = new RecordMap();
  const first = setUp({ backend });
  first.write();
  await first.publish();
  await first.rebroadcaster.close();

  backend.held = true;
  const second = setUp({ backend });
  second.write();
  await second.publish();
  assert.equal(second.world.queries, 0);
  for (const call of backend.calls) call.go();
  await second.rebroadcaster.idle();
  assert.deepEqual([second.world.queries, second.sent], [1, []]);
});

Deno.test("ListRebroadcaster offers a refused list again with the next event, an hour later", async () => {
  const { rebroadcaster, clock, world, sending, errors, write, publish } = setUp();
  for (const author of [ALICE, BOB]) write(author);
  world.isHeld = true;
  await publish();
  sending[0].refuse(new Error("restricted: not on the list"));
  await rebroadcaster.idle();
  assert.equal(errors[0].message, `Cannot rebroadcast the relay list of ${ALICE} to ${A}`);
  assert.match((errors[0].cause as Error).message, /restricted/);

  // Neither another author nor another relay has to wait.
  await publish(post(BOB));
  await publish(post(), B);
  assert.equal(sending.length, 3);
  await clock.advance(HOUR_MS - 1);
  write(ALICE, NOW + 1);
  await publish();
  assert.equal(sending.length, 3);
  await clock.advance(1);
  assert.equal(sending.length, 3);
  await publish();
  assert.equal(sending.length, 4);
  for (const { accept } of sending.slice(1)) accept();
  await rebroadcaster.idle();
  await publish();
  assert.deepEqual([sending.length, errors.length], [4, 1]);
});

Deno.test("ListRebroadcaster reports a failed look-up, and looks again with the next event", async () => {
  const { errors, world, sent, write, publish } = setUp();
  write();
  world.failure = new Error("disk full");
  await publish();
  assert.equal(errors[0].message, `Cannot look up the relay list of ${ALICE}`);
  assert.equal(errors[0].cause, world.failure);
  world.failure = undefined;
  await publish();
  assert.deepEqual([sent.length, errors.length], [1, 1]);
});

Deno.test("ListRebroadcaster sends a list that is written while an older one is on its way", async () => {
  const { rebroadcaster, world, sending, sent, write, publish } = setUp();
  const old = write();
  world.isHeld = true;
  await publish();
  const list = write(ALICE, NOW + 1);
  await publish();
  await publish();
  assert.equal(sending.length, 1);
  world.isHeld = false;
  sending[0].accept();
  await rebroadcaster.idle();
  assert.deepEqual(sent, [[A, old.id], [A, list.id]]);
});

Deno.test("ListRebroadcaster close() ends what is under way, without an error", async () => {
  const { rebroadcaster, clock, world, sending, sent, errors, write, publish } = setUp({
    backend: new RecordMap(),
  });
  write();
  world.isHeld = true;
  await publish();
  await rebroadcaster.close();
  sending[0].refuse(new Error("too late"));
  await settled();
  world.isHeld = false;
  await publish(post(), B);
  assert.deepEqual([sent, errors, clock.pending, world.queries], [[], [], 0, 1]);
});

Deno.test("ListRebroadcaster close() resolves also while the store does not answer", async () => {
  const { rebroadcaster, errors, publish } = setUp({
    store: { query: () => new Promise(() => {}) },
  });
  await publish();
  await rebroadcaster.close();
  assert.deepEqual(errors, []);
});

Deno.test("ListRebroadcaster hands its signal on to the store and to relays", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const { rebroadcaster, publish } = setUp({
    store: {
      query(_, opts) {
        signals.push(opts?.signal);
        return Promise.resolve([listEvent(ALICE)]);
      },
    },
    publish(_url, _list, signal) {
      signals.push(signal);
      return new Promise(() => {});
    },
  });
  await publish();
  await rebroadcaster.close();
  assert.deepEqual(signals.map((signal) => signal?.aborted), [true, true]);
});

Deno.test('ListRebroadcaster works on at most "max" pairs at once, and remembers as many', async () => {
  const backend = new RecordMap();
  const { rebroadcaster, world, sending, write, publish } = setUp({ backend, max: 10 });
  write();
  world.isHeld = true;
  const urls = Array.from({ length: 30 }, (_, i) => `wss://relay${i}.example/`);
  for (const url of urls) rebroadcaster.published(post(), url);
  await settled();
  assert.deepEqual(sending.map(({ url }) => url), urls.slice(0, 10));
  for (const { accept } of sending) accept();
  await rebroadcaster.idle();
  world.isHeld = false;
  for (const url of urls) await publish(post(), url);
  await rebroadcaster.close();
  assert.deepEqual([...backend.records.keys()], urls.slice(20).map((url) => `${url} ${ALICE}`));
  for (const max of [0, -1, 1.5, NaN]) {
    assert.throws(() => setUp({ max }), { name: "RangeError", message: /"max"/ });
  }
});
