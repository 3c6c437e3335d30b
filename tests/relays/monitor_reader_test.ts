import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { MonitorReader } from "../../src/relays/monitor_reader.ts";
import { FakeMemory } from "../../testing/fake_memory.ts";
import { settled, START, TestClock } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";

const MONITORS = ["aa".repeat(32), "bb".repeat(32)];
const NETWORK = Array.from({ length: 150 }, (_, i) => `wss://relay${i}.example/`);
const DEAD = "wss://dead.example/";
const DAY_MS = 86_400_000;

/** What both monitors report of relays that live. */
const reports = (at = START) =>
  MONITORS.flatMap((pubkey) =>
    NETWORK.map((url) => note({ kind: 30166, pubkey, created_at: at - 60, tags: [["d", url]] }))
  );

/** Relays that are listed by so many people each. */
function listed(urls: readonly string[], people = 1): [url: string, people: number][] {
  return urls.map((url) => [url, people]);
}

/** A reader, and all that it asks for and tells. */
class Reading {
  readonly clock = new TestClock();
  readonly fake = new FakeMemory();
  readonly errors: Error[] = [];
  readonly queries: NostrFilter[][] = [];
  /** What the next queries bring. */
  answer: () => Promise<NostrEvent[]> = () => Promise.resolve(reports());
  readonly reader: MonitorReader;

  constructor(monitors: readonly string[] = MONITORS) {
    this.reader = new MonitorReader({
      monitors,
      clock: this.clock,
      memory: this.fake.memory,
      query: (filters) => {
        this.queries.push(filters);
        return this.answer();
      },
      onError: (error) => this.errors.push(error),
    });
  }

  /** What the memory was told of a relay, each time. */
  of(url: string): unknown[] {
    return this.fake.of("report").filter(([about]) => about === url).map(([, factor]) => factor);
  }
}

Deno.test("MonitorReader queries the monitors' reports of the last day, and their announcements", async () => {
  const { reader, queries } = new Reading();
  reader.refresh();
  await settled();
  assert.deepEqual(queries, [[
    { kinds: [30166], authors: MONITORS, since: START - 86_400 },
    { kinds: [10166], authors: MONITORS, limit: 2 },
  ]]);
});

Deno.test("MonitorReader without monitors queries nothing, and reports nothing", async () => {
  const { reader, queries, fake } = new Reading([]);
  reader.meet(listed(NETWORK));
  reader.refresh();
  await settled();
  assert.deepEqual(queries, []);
  assert.deepEqual(fake.told, []);
});

Deno.test("MonitorReader judges the candidate relays, also those that are added later", async () => {
  const test = new Reading();
  test.reader.meet(listed([...NETWORK, DEAD]));
  test.reader.refresh();
  await settled();
  assert.deepEqual(test.of(DEAD), [0.3]);
  assert.deepEqual(test.of(NETWORK[0]), [1]);
  assert.equal(test.fake.told.length, NETWORK.length + 1);

  test.reader.meet(listed([DEAD]));
  test.reader.refresh();
  assert.equal(test.of(DEAD).length, 1, "nothing is new");
  const other = "wss://other.example/";
  test.reader.meet(listed([other]));
  test.reader.refresh();
  assert.deepEqual(test.of(other), [0.3]);
  assert.equal(test.queries.length, 1);
});

Deno.test("MonitorReader reports nothing before it has read, so that older reports stay", async () => {
  const test = new Reading();
  const { promise, resolve } = Promise.withResolvers<NostrEvent[]>();
  test.answer = () => promise;
  test.reader.refresh();
  test.reader.meet(listed([...NETWORK, DEAD]));
  test.reader.refresh();
  await settled();
  assert.deepEqual(test.fake.told, []);
  resolve(reports());
  await settled();
  assert.deepEqual(test.of(DEAD), [0.3]);
});

Deno.test("MonitorReader does not believe monitors to which too many users' relays seem dead", async () => {
  const test = new Reading();
  test.reader.meet(listed(NETWORK));
  test.reader.meet(listed([DEAD], 200));
  test.reader.meet(listed([DEAD], 3));
  test.reader.refresh();
  await settled();
  assert.deepEqual(test.of(DEAD), [1], "as many as once listed it");
});

Deno.test("MonitorReader reads again after a day, and uses the newest reports alone", async () => {
  const test = new Reading();
  test.reader.meet(listed([...NETWORK, DEAD]));
  test.reader.refresh();
  await test.clock.advance(DAY_MS);
  test.reader.refresh();
  await settled();
  assert.equal(test.queries.length, 1);
  await test.clock.advance(1);
  test.answer = () => Promise.resolve([]);
  test.reader.refresh();
  await settled();
  assert.equal(test.queries.length, 2);
  assert.equal(test.queries[1][0].since, START);
  assert.deepEqual(test.of(DEAD), [0.3, 1], "nobody says so any longer");
});

Deno.test("MonitorReader judges relays that are added later by the time of the reports", async () => {
  const test = new Reading();
  test.reader.refresh();
  await test.clock.advance(DAY_MS - 1);
  test.reader.meet(listed([...NETWORK, DEAD]));
  test.reader.refresh();
  assert.deepEqual(test.of(DEAD), [0.3]);
  assert.deepEqual(test.of(NETWORK[0]), [1]);
});

Deno.test("MonitorReader reports a query that fails, and goes on", async () => {
  const test = new Reading();
  test.answer = () => Promise.reject(new Error("no relay"));
  test.reader.meet(listed([DEAD]));
  test.reader.refresh();
  await settled();
  assert.deepEqual(test.errors.map(({ message }) => message), [
    "Cannot read the reports of relay monitors",
  ]);
  assert.equal((test.errors[0].cause as Error).message, "no relay");
  assert.deepEqual(test.fake.told, []);
});

Deno.test("MonitorReader judges at most 10,000 relays", async () => {
  const test = new Reading();
  const many = Array.from({ length: 10_050 }, (_, i) => `wss://${i}.example/`);
  test.reader.meet(listed(many));
  test.reader.refresh();
  await settled();
  assert.equal(test.fake.told.length, 10_000);
});
