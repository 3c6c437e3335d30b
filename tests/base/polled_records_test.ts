import assert from "node:assert/strict";
import { PolledRecords } from "../../src/base/polled_records.ts";
import type { RecordChanges, RecordTopic, SharedRecords } from "../../src/base/record_store.ts";
import { quiet, TestClock } from "../../testing/test_clock.ts";
import { RecordMap } from "../support/relay_records.ts";

type Read = Partial<Omit<RecordChanges, "changes">> & {
  readonly changes?: Readonly<Partial<Record<RecordTopic | "stored", Record<string, string>>>>;
};

/** Records whose changes are those that a test names, reading by reading. */
function setUp() {
  const clock = new TestClock();
  const errors: Error[] = [];
  const reads: (number | undefined)[] = [];
  const next: (Read | Error)[] = [];
  const shared: SharedRecords = {
    updateRecords: () => Promise.reject(new Error("not here")),
    readChanges(since) {
      reads.push(since);
      const read = next.shift() ?? {};
      if (read instanceof Error) return Promise.reject(read);
      const { until = since ?? 0, hasMore = false, changes = {} } = read;
      const texts = Object.entries(changes).map(([topic, records]) =>
        [topic as RecordTopic, new Map(Object.entries(records))] as const
      );
      return Promise.resolve({ until, hasMore, changes: new Map(texts) });
    },
  };
  const records = new PolledRecords(new RecordMap(), shared, {
    clock,
    onError: (error) => errors.push(error),
  });
  const heard: string[] = [];
  records.listen("relay", (changes) => heard.push(...changes.keys()));
  const poll = async () => {
    await clock.advance(2_000);
    await quiet();
  };
  return { clock, errors, heard, next, poll, reads, records };
}

Deno.test("PolledRecords read nothing and set no timer before start()", async () => {
  const { clock, poll, reads, records } = setUp();
  await poll();
  assert.deepEqual([reads, clock.pending], [[], 0]);
  await Promise.all([records.start(), records.start()]);
  assert.deepEqual([reads, clock.pending], [[undefined], 1]);
  await records.close();
});

Deno.test("PolledRecords read every two seconds from where they ended, until they are closed", async () => {
  const { clock, heard, next, poll, reads, records } = setUp();
  next.push({ until: 5 }, { until: 8, changes: { relay: { a: "1" }, hint: { b: "2" } } }, {});
  await records.start();
  for (let i = 0; i < 3; i++) await poll();
  assert.deepEqual(reads, [undefined, 5, 8, 8]);
  assert.deepEqual(heard, ["a"]);
  await records.close();
  assert.equal(clock.pending, 0);
  await poll();
  assert.equal(reads.length, 4);
});

Deno.test("PolledRecords read at once what did not fit into one reading", async () => {
  const { heard, next, poll, reads, records } = setUp();
  next.push({}, { until: 1, hasMore: true, changes: { relay: { a: "1" } } });
  next.push({ until: 2, changes: { relay: { b: "1" } } });
  await records.start();
  await poll();
  assert.deepEqual(reads, [undefined, 0, 1]);
  assert.deepEqual(heard, ["a", "b"]);
  await records.close();
});

Deno.test("PolledRecords report a reading that fails, and read the same again later", async () => {
  const { errors, heard, next, poll, reads, records } = setUp();
  const failure = new Error("connection lost");
  next.push({ until: 5 }, failure, { until: 6, changes: { relay: { a: "1" } } });
  await records.start();
  await poll();
  assert.deepEqual(errors.map(({ message, cause }) => [message, cause]), [
    ["Cannot read what other processes have learned", failure],
  ]);
  await poll();
  assert.deepEqual(reads, [undefined, 5, 5]);
  assert.deepEqual(heard, ["a"]);
  await records.close();
});

Deno.test("PolledRecords start() rejects if the database fails, and may be called again", async () => {
  const { clock, next, reads, records } = setUp();
  next.push(new Error("connection lost"));
  await assert.rejects(records.start(), /connection lost/);
  assert.equal(clock.pending, 0);
  await records.start();
  assert.deepEqual([reads.length, clock.pending], [2, 1]);
  await records.close();
});

Deno.test("PolledRecords inTurn() lets no reading come between, even after work that fails", async () => {
  const { clock, heard, next, records } = setUp();
  next.push({}, { changes: { relay: { a: "1" } } });
  await records.start();
  const { promise, reject } = Promise.withResolvers<void>();
  const work = records.inTurn(() => promise);
  await clock.advance(2_000);
  await quiet();
  assert.deepEqual(heard, []);
  reject(new Error("undone"));
  await assert.rejects(work, /undone/);
  await quiet();
  assert.deepEqual(heard, ["a"]);
  await records.close();
});
