import assert from "node:assert/strict";
import { Closing } from "../src/base/closing.ts";
import { OnDemand } from "../src/base/on_demand.ts";
import type { RecordStore, RecordTopic } from "../src/base/record_store.ts";
import { publicationText } from "../src/ledger/publication_text.ts";
import type { OutboxLedgerOptions } from "../src/outbox_ledger.ts";
import type * as PublishingPart from "../src/publishing_part.ts";
import { Publishing } from "../src/publishing.ts";
import { settled, START, TestClock } from "../testing/test_clock.ts";
import { note } from "./support/notes.ts";

/** The class that is loaded. */
type Ledger = typeof PublishingPart.OutboxLedger;

const DAY_MS = 86_400_000;
const event = note({ content: "hello" });
const target = { relay: "wss://a.example/", why: "own", tries: 1 } as const;

/** A publication as a store has it. */
function stored(state: "pending" | "taken", daysAgo: number): [string, string] {
  const at = START * 1000 - daysAgo * DAY_MS;
  const targets = [{ ...target, state }];
  return [event.id, publicationText({ event, at, until: at + 7 * DAY_MS, targets })];
}

/** What is published through a ledger that is loaded when the test says, and records its calls. */
function start(
  records: Partial<Record<RecordTopic, [string, string][]>> = {},
  { isShared = false } = {},
) {
  const clock = new TestClock();
  const errors: string[] = [];
  const calls: string[] = [];
  const world = { isOffline: false, loads: 0, cannotRead: false, isSlow: false };
  const reads: PromiseWithResolvers<void>[] = [];
  const backend: RecordStore = {
    async readRecords(topic) {
      calls.push(`read ${topic}`);
      if (world.isSlow) {
        reads.push(Promise.withResolvers());
        await reads.at(-1)!.promise;
      }
      if (world.cannotRead) throw new Error("no disk");
      return new Map(records[topic]);
    },
    writeRecords: () => Promise.resolve(),
    ...isShared && { claim: () => Promise.resolve(new Set<string>()) },
  };
  const closing = new Closing();
  const part = new OnDemand(() => {
    world.loads++;
    if (world.isOffline) return Promise.reject(new Error("offline"));
    const OutboxLedger = class {
      start = () => void calls.push("start");
      publish = () => Promise.resolve(calls.push("publish"));
      publications = () => Promise.resolve(calls.push("publications"));
      route = () => Promise.resolve(calls.push("route"));
      carry = () => Promise.resolve(calls.push("carry"));
      connected = () => void calls.push("connected");
      end = () => void calls.push("end");
      close = () => Promise.resolve(calls.push("close"));
    };
    return Promise.resolve({ OutboxLedger: OutboxLedger as unknown as Ledger });
  });
  const publishing = new Publishing({
    ...{ clock, backend, closing },
    ready: () => Promise.resolve(),
    onError: ({ message }: Error) => errors.push(message),
    refuseClosed: () => {
      if (closing.isClosed) throw new Error("closed");
    },
  } as Partial<OutboxLedgerOptions> as OutboxLedgerOptions, part);
  return { calls, clock, closing, errors, publishing, reads, records, world };
}

Deno.test("Publishing start() loads nothing where nothing stored is open", async () => {
  for (const publication of [[], [stored("taken", 2)]]) {
    const { clock, publishing, world } = start({ publication });
    await publishing.start();
    publishing.connected("wss://a.example/");
    assert.deepEqual([world.loads, clock.pending], [0, 0]);
    await publishing.close();
  }
});

Deno.test("Publishing start() goes on with what is open, or whose inboxes may be found yet", async () => {
  for (const publication of [[stored("pending", 2)], [stored("taken", 0)]]) {
    const { calls, clock, publishing } = start({ publication });
    await publishing.start();
    publishing.connected("wss://a.example/");
    assert.deepEqual(calls, ["read publication", "start", "connected"]);
    assert.equal(clock.pending, 0);
    await publishing.close();
    assert.deepEqual(calls.slice(3), ["end", "close"]);
  }
});

Deno.test("Publishing start() leaves what cannot be read to the ledger, which says so", async () => {
  const { calls, errors, publishing, world } = start();
  world.cannotRead = true;
  await publishing.start();
  assert.deepEqual([calls, errors], [["read publication", "start"], []]);
});

Deno.test("Publishing looks after others over the same database, which may be killed", async () => {
  const { calls, clock, publishing, records, world } = start({}, { isShared: true });
  await publishing.start();
  await clock.advance(30_000);
  assert.equal(world.loads, 0);
  records.publisher = [["somebody", "1"]];
  await clock.advance(15_000);
  assert.deepEqual([world.loads, calls.at(-1), clock.pending], [1, "start", 0]);
});

Deno.test("Publishing start() says once that it cannot go on, and tries again", async () => {
  const { calls, clock, errors, publishing, world } = start({
    publication: [stored("pending", 2)],
  });
  world.isOffline = true;
  await publishing.start();
  await clock.advance(15_000);
  assert.deepEqual([errors, world.loads], [["offline"], 2]);
  world.isOffline = false;
  await clock.advance(15_000);
  assert.deepEqual([calls.at(-1), clock.pending], ["start", 0]);
});

Deno.test("Publishing loads the ledger for the first event, once, and again after a failure", async () => {
  const { calls, errors, publishing, world } = start();
  world.isOffline = true;
  for (const call of [publishing.publish(event), publishing.route(event)]) {
    await assert.rejects(call, { message: "offline" });
  }
  world.isOffline = false;
  await publishing.carry(event, target.relay, () => Promise.resolve(void calls.push("offered")));
  await Promise.all([publishing.publish(event), publishing.route(event)]);
  await publishing.publications();
  await publishing.carry(
    event,
    target.relay,
    () => Promise.reject(new Error("never offered here")),
  );
  assert.deepEqual(calls, ["offered", "start", "publish", "route", "publications", "carry"]);
  assert.deepEqual([errors, world.loads], [[], 2]);
});

Deno.test("Publishing ends the ledger that is loaded while the outbox is closed, and refuses", async () => {
  const { calls, closing, publishing } = start();
  const published = publishing.publish(event);
  closing.close();
  await publishing.close();
  await assert.rejects(published, { message: "closed" });
  assert.deepEqual(calls, ["start", "end"]);
  const reason = new Error("never mind");
  const given = { signal: AbortSignal.abort(reason) };
  await assert.rejects(start().publishing.publish(event, given), reason);
});

Deno.test("Publishing close() leaves no reading of the database behind", async () => {
  const { closing, publishing, reads, world } = start({ publication: [stored("pending", 2)] });
  world.isSlow = true;
  void publishing.start();
  await settled();
  closing.close();
  let isClosed = false;
  const closed = publishing.close().then(() => isClosed = true);
  await settled();
  assert.equal(isClosed, false);
  reads[0].resolve();
  await closed;
  assert.equal(world.loads, 0);
});

Deno.test("Publishing looks no more once it has ended", async () => {
  const { clock, closing, publishing } = start({}, { isShared: true });
  await publishing.start();
  assert.equal(clock.pending, 1);
  closing.close();
  publishing.end();
  assert.equal(clock.pending, 0);
});
