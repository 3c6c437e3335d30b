import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import type { RecordStore } from "../src/base/record_store.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { settled, START, TestClock } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const alice = new Signer(1);
const me = new Signer(2);
const FALLBACK = "wss://fallback.example/";
const INDEXER = "wss://indexer.example/";
const OWN = "wss://own.example/";
const STORE_TIMEOUT_MS = 5_000;

/** A database that never answers, answers late, or fails; it keeps records, too. */
class FaultyDatabase implements RecordStore {
  state: "silent" | "failing" | "full" | "well" = "silent";
  readonly events: NostrEvent[] = [];
  calls = 0;
  readonly #late: (() => void)[] = [];

  event(event: NostrEvent): Promise<void> {
    return this.#write(() => void this.events.push(event));
  }

  query(filters: NostrFilter[]): Promise<NostrEvent[]> {
    return this.#answer(() =>
      this.events.filter(({ kind, pubkey }) =>
        filters.some(({ kinds, authors }) => kinds?.includes(kind) && authors?.includes(pubkey))
      )
    );
  }

  remove(): Promise<void> {
    return this.#answer(() => {});
  }

  readRecords(): Promise<Map<string, string>> {
    return this.#answer(() => new Map());
  }

  writeRecords(): Promise<void> {
    return this.#write(() => {});
  }

  /** Answers from now on, also what was asked before. */
  recover(): void {
    this.state = "well";
    for (const answer of this.#late.splice(0)) answer();
  }

  #write(write: () => void): Promise<void> {
    if (this.state === "full") return Promise.reject(new Error("disk full"));
    return this.#answer(write);
  }

  #answer<T>(answer: () => T): Promise<T> {
    this.calls++;
    if (this.state === "failing") return Promise.reject(new Error("disk full"));
    if (this.state === "well" || this.state === "full") return Promise.resolve(answer());
    return new Promise((resolve) => this.#late.push(() => resolve(answer())));
  }
}

/** An outbox over such a database, with an indexer that has Alice's list. */
function start(options: OutboxOptions = {}) {
  const clock = new TestClock();
  const db = new FaultyDatabase();
  const post = alice.sign({ content: "hello", created_at: START });
  const list = alice.relayList({ both: [OWN] }, { created_at: START });
  const network = new ScriptedNetwork({
    onEvent: (event, relay) => relay.say(["OK", event.id, true, ""]),
    onReq(req, relay) {
      const events = relay.url === INDEXER ? [list] : [post];
      const wanted = (event: NostrEvent) =>
        req.filters.some(({ kinds, authors }) =>
          kinds?.includes(event.kind) && (authors ?? [event.pubkey]).includes(event.pubkey)
        );
      for (const event of events.filter(wanted)) relay.say(["EVENT", req.id, event]);
      relay.say(["EOSE", req.id]);
    },
  });
  const { outbox, pool, errors } = scriptedOutbox(network, {
    store: db,
    clock,
    fallbackRelays: [FALLBACK],
    ...options,
  });
  /** The result of some work, and how many milliseconds it took. */
  const timed = async <T>(
    work: Promise<T>,
  ): Promise<{ value?: T; error?: unknown; ms: number }> => {
    const startedAt = clock.now();
    let end: { value?: T; error?: unknown; ms: number } | undefined;
    work.then(
      (value) => end = { value, ms: clock.now() - startedAt },
      (error) => end = { error, ms: clock.now() - startedAt },
    );
    for (let step = 0; !end && step < 1_000; step++) await clock.advance(100);
    return end ?? assert.fail("it never ends");
  };
  return { clock, db, network, errors, outbox, pool, timed, post };
}

const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];

Deno.test("D1: createOutbox() queries fallback relays in bounded time while its database does not answer, and then without delay", async () => {
  const { db, errors, outbox, pool, timed, post } = start();
  const first = await timed(pool.query(FILTERS));
  assert.deepEqual(first.value?.map(({ id }) => id), [post.id]);
  assert.ok(first.ms <= STORE_TIMEOUT_MS + 1_000, `${first.ms} ms`);
  for (let request = 0; request < 20; request++) {
    const { value, ms } = await timed(pool.query(FILTERS));
    assert.equal(value?.length, 1);
    assert.ok(ms <= 1_000, `${ms} ms`);
  }
  assert.equal(errors.length, 1);
  assert.match(String(errors[0].cause), /has not answered for 5000 ms/);
  assert.ok(db.calls < 30, `${db.calls} calls`);
  await timed(outbox.close());
});

Deno.test("D1: createOutbox() bounds event(), explain(), relays(), discover() and close(), each by itself", async () => {
  type World = ReturnType<typeof start>;
  const note = me.sign({ content: "hi", created_at: START });
  const calls: Record<string, (world: World) => Promise<unknown>> = {
    event: ({ pool }) => pool.event(note),
    explain: ({ outbox }) => outbox.explain(FILTERS),
    relays: ({ outbox }) => outbox.relays(),
    discover: ({ outbox }) => outbox.discover([alice.pubkey]),
    close: ({ outbox }) => {
      outbox.hint(alice.pubkey, [OWN]);
      return outbox.close();
    },
  };
  for (const [name, call] of Object.entries(calls)) {
    const world = start({ indexerRelays: [INDEXER], user: me.pubkey });
    const { ms, error } = await world.timed(call(world));
    assert.equal(error, undefined, name);
    assert.ok(ms <= 2 * STORE_TIMEOUT_MS + 3_000, `${name}: ${ms} ms`);
    const close = await world.timed(world.outbox.close());
    assert.ok(close.ms <= 2 * STORE_TIMEOUT_MS, `close() after ${name}: ${close.ms} ms`);
    assert.equal(world.clock.pending, 0, name);
    assert.equal(world.errors.length, 1, `${name}: ${world.errors.map(String)}`);
  }
});

Deno.test("D1: createOutbox() asks indexers for the lists that a silent database has, and routes by them", async () => {
  const { db, errors, network, outbox, pool, timed } = start({ indexerRelays: [INDEXER] });
  await timed(pool.query(FILTERS));
  const { value, ms } = await timed(outbox.explain(FILTERS));
  assert.deepEqual(value!.relays.map(({ url }) => url), [OWN]);
  assert.ok(ms < 1_000, `${ms} ms`);
  assert.ok(network.relays.some(({ url }) => url === OWN));
  assert.equal(errors.length, 1);
  assert.equal(db.events.length, 0);
  await timed(outbox.close());
});

Deno.test("D1: createOutbox() serves the request under way with what an indexer delivers and a full disk refuses", async () => {
  for (const state of ["silent", "failing", "full"] as const) {
    const { db, errors, network, outbox, pool, timed } = start({
      indexerRelays: [INDEXER],
      fallbackRelays: [],
    });
    db.state = state;
    const { value } = await timed(pool.query(FILTERS));
    assert.equal(value?.length, 1, state);
    assert.deepEqual(network.relays.map(({ url }) => url), [INDEXER, OWN], state);
    assert.equal(db.events.length, 0);
    await timed(outbox.close());
    assert.equal(errors.length, 1, `${state}: ${errors.map(String)}`);
  }
});

Deno.test("D1: createOutbox() calls onError once for each outage of a database that fails, and goes on", async () => {
  const { db, errors, outbox, pool, timed } = start({ indexerRelays: [INDEXER] });
  for (const outage of [1, 2]) {
    db.state = "failing";
    for (let request = 0; request < 3; request++) {
      const authors = [alice.pubkey, new Signer(10 * outage + request).pubkey];
      const { ms, value } = await timed(pool.query([{ kinds: [1], authors }]));
      assert.equal(value?.length, 1);
      assert.ok(ms < STORE_TIMEOUT_MS, `${ms} ms`);
      await assert.rejects(outbox.store.query([{ kinds: [1], authors: [] }]), /disk full/);
    }
    assert.equal(errors.length, outage, `${errors.map(String)}`);
    db.state = "well";
    await outbox.store.query([{ kinds: [1], authors: [] }]);
    await outbox.store.event(me.sign({ content: `${outage}`, created_at: START }));
  }
  await timed(outbox.close());
  assert.equal(errors.length, 2);
});

Deno.test("D1: createOutbox() uses its database again as soon as that answers", async () => {
  const { db, outbox, pool, timed, clock } = start();
  await timed(pool.query(FILTERS));
  db.recover();
  await settled();
  db.events.push(alice.relayList({ both: [OWN] }, { created_at: START }));
  const { value } = await timed(outbox.explain(FILTERS));
  await clock.advance(0);
  assert.deepEqual(value!.relays.map(({ url }) => url), [OWN]);
  await timed(outbox.close());
});

Deno.test("D1: createOutbox() bounds the waits for a store of records of its own", async () => {
  const records = new FaultyDatabase();
  const { errors, outbox, pool, timed } = start({ store: undefined, records, storeTimeout: 700 });
  const { value, ms } = await timed(pool.query(FILTERS));
  assert.equal(value?.length, 1);
  assert.ok(ms <= 1_500, `${ms} ms`);
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, /^Cannot read the records of relays$/);
  await timed(outbox.close());
});

Deno.test("D1: createOutbox() obeys the signal of a router while its database does not answer", async () => {
  for (const name of ["reqRouter", "eventRouter"] as const) {
    const { outbox, timed } = start();
    const controller = new AbortController();
    const { signal } = controller;
    const routing: Promise<unknown> = name === "reqRouter"
      ? outbox.reqRouter(FILTERS, { signal })
      : outbox.eventRouter(me.sign({ created_at: START }), { signal });
    controller.abort(new Error("enough"));
    const { ms, error } = await timed(routing);
    assert.deepEqual([ms, (error as Error).message], [0, "enough"]);
    await timed(outbox.close());
  }
});
