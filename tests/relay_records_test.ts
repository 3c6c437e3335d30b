import assert from "node:assert/strict";
import type { RelayRecord } from "../src/relay_record.ts";
import { formatRelayRecord, parseRelayRecord } from "../src/relay_record_text.ts";
import { RelayRecords } from "../src/relay_records.ts";
import type { RelayRecordStore } from "../src/types.ts";
import { A, B, C, NOW, RecordMap, recordOf } from "./support/relay_records.ts";
import { settled, TestClock } from "./support/test_clock.ts";

function setUp(backend?: RelayRecordStore, max = 100) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  const records = new RelayRecords({ clock, backend, onError, max });
  return { clock, errors, records };
}

const attempt = (record: RelayRecord) => ({ ...record, attempts: record.attempts + 1 });
const text = (attempts: number, lastSuccess = NOW) =>
  formatRelayRecord(recordOf({ attempts, lastSuccess }));
const attemptsIn = (map: RecordMap, url: string) =>
  parseRelayRecord(map.records.get(url))?.attempts;

Deno.test("records are read once, by whoever is first", async () => {
  const backend = new RecordMap([[A, text(7)]]);
  const { records } = setUp(backend);
  assert.equal(records.get(A), undefined);
  assert.equal(backend.reads, 0);
  await Promise.all([records.ready(), records.ready()]);
  await records.ready();
  assert.equal(backend.reads, 1);
  assert.equal(records.get(A)?.attempts, 7);
});

Deno.test("records change in memory at once, and in the backend five seconds later", async () => {
  const backend = new RecordMap();
  const { clock, records } = setUp(backend);
  await records.ready();
  records.change(A, attempt);
  records.change(A, attempt);
  assert.equal(records.get(A)?.attempts, 2);
  await clock.advance(4_999);
  assert.equal(backend.writes.length, 0);
  await clock.advance(1);
  assert.deepEqual([...backend.records], [[A, '{"attempts":2}']]);
  records.change(B, attempt);
  await records.flush();
  assert.deepEqual([...backend.writes[1].keys()], [B], "what did not change is not written");
});

Deno.test("without a backend there is nothing to wait for, and no timer", async () => {
  const { clock, errors, records } = setUp();
  await records.ready();
  records.change(A, attempt);
  assert.equal(clock.pending, 0);
  await records.flush();
  await records.close();
  assert.equal(records.get(A)?.attempts, 1);
  assert.deepEqual(errors, []);
});

Deno.test("what happens before the records are read happens to those that are read", async () => {
  const backend = new RecordMap([[A, text(10)], [B, text(20)]]);
  backend.held = true;
  const { records } = setUp(backend);
  records.change(A, attempt);
  const ready = records.ready();
  records.change(A, attempt);
  records.change(C, attempt);
  assert.equal(records.get(A)?.attempts, 2);
  await settled();
  backend.calls[0].go();
  await ready;
  const attempts = [A, B, C].map((url) => records.get(url)?.attempts);
  assert.deepEqual(attempts, [12, 20, 1]);
  backend.held = false;
  await records.flush();
  assert.equal(attemptsIn(backend, A), 12);
});

Deno.test("nothing is written over that was not read: writing reads first", async () => {
  const backend = new RecordMap([[A, text(10)]]);
  const { clock, records } = setUp(backend);
  records.change(A, attempt);
  await clock.advance(5_000);
  assert.equal(attemptsIn(backend, A), 11);
  assert.equal(backend.reads, 1);
});

Deno.test("a backend that cannot be read is told of once, and means that nothing is known", async () => {
  const backend = new RecordMap([[A, text(10)]]);
  backend.broken = new Error("no such table");
  const { clock, errors, records } = setUp(backend);
  await records.ready();
  await records.ready();
  assert.equal(records.get(A), undefined);
  assert.deepEqual(errors.map(({ message, cause }) => [message, cause]), [
    ["Cannot read what is known of relays", backend.broken],
  ]);
  records.change(A, attempt);
  records.change(B, attempt);
  await clock.advance(5_000);
  assert.equal(errors.length, 2);
  assert.equal(errors[1].message, "Cannot write what is known of relays");
  assert.equal(clock.pending, 0);

  // Once it is well again, nothing is lost: neither what was there nor what came since.
  backend.broken = undefined;
  records.change(C, attempt);
  await clock.advance(5_000);
  assert.deepEqual([A, B, C].map((url) => attemptsIn(backend, url)), [11, 1, 1]);
  assert.equal(records.get(A)?.attempts, 11);
  assert.equal(errors.length, 2);
});

Deno.test("a backend that cannot be written is told of, and written with the next change", async () => {
  const backend = new RecordMap();
  const { clock, errors, records } = setUp(backend);
  await records.ready();
  records.change(A, attempt);
  backend.broken = new Error("disk full");
  await records.flush();
  assert.equal(errors[0].cause, backend.broken);
  backend.broken = undefined;
  records.change(B, attempt);
  await clock.advance(5_000);
  assert.deepEqual([...backend.records.keys()], [A, B]);
});

Deno.test("a backend that throws at once, or answers nonsense, is no worse than one that rejects", async () => {
  for (
    const readRelays of [
      () => {
        throw new Error("at once");
      },
      () => Promise.resolve(undefined as unknown as Map<string, string>),
      () => Promise.reject("not even an error"),
    ]
  ) {
    const { errors, records } = setUp({ readRelays, writeRelays: () => Promise.resolve() });
    await records.ready();
    assert.equal(errors.length, 1);
    records.change(A, attempt);
    await records.flush();
    await records.close();
    assert.equal(records.get(A)?.attempts, 1);
  }
});

Deno.test("records that cannot be read are told of in one go, and left as they are", async () => {
  const long = `wss://${"x".repeat(300)}.example/`;
  const backend = new RecordMap([
    [A, text(3)],
    [B, "{"],
    [C, "x".repeat(50_000)],
    [long, text(1)],
    ["https://web.example/", text(1)],
    ["wss://gone.example/", ""],
  ]);
  const { errors, records } = setUp(backend);
  await records.ready();
  assert.deepEqual([...records.entries()].map(([url]) => url), [A]);
  assert.deepEqual(
    errors.map(({ message }) => message),
    [
      `Cannot read 4 of 6 records of relays, among them that of "${B}": they are left as they are`,
    ],
  );
  records.change(A, attempt);
  await records.close();
  assert.equal(backend.records.get(B), "{");
  assert.equal(backend.records.size, 6);
});

Deno.test("an endless URL in the backend makes no endless error", async () => {
  const { errors, records } = setUp(new RecordMap([[`wss://${"x".repeat(1e6)}/`, "{}"]]));
  await records.ready();
  assert.ok(errors[0].message.length < 300);
});

Deno.test("what is no relay's URL is not remembered", () => {
  const { clock, records } = setUp(new RecordMap());
  for (
    const url of [
      "",
      "nonsense",
      "http://a.example/",
      `wss://${"a".repeat(251)}`,
      "wss://\0/",
    ] as const
  ) {
    records.change(url, attempt);
    assert.equal(records.get(url), undefined, url);
  }
  records.change(`wss://${"a".repeat(250)}`, attempt);
  assert.equal([...records.entries()].length, 1);
  assert.equal(clock.pending, 1);
});

Deno.test("past the bound those go that were changed least recently, from the backend, too", async () => {
  const backend = new RecordMap([[A, text(1, NOW - 1)], [B, text(2, NOW)], [C, text(3, NOW - 2)]]);
  const { clock, records } = setUp(backend, 2);
  assert.ok(!records.isFull);
  await records.ready();
  assert.deepEqual([...records.entries()].map(([url]) => url), [A, B], "the oldest first");
  assert.ok(records.isFull);
  await clock.advance(5_000);
  assert.deepEqual([...backend.records.keys()], [A, B]);

  records.change(A, attempt);
  records.change("wss://new.example/", attempt);
  assert.equal(records.get(B), undefined);
  await clock.advance(5_000);
  assert.deepEqual([...backend.records.keys()], [A, "wss://new.example/"]);
});

Deno.test("changes while a backend does not answer are bounded, and so is what is to be written", async () => {
  const backend = new RecordMap();
  backend.held = true;
  const { clock, records } = setUp(backend, 50);
  const ready = records.ready();
  for (let i = 0; i < 500; i++) records.change(`wss://r${i}.example/`, attempt);
  for (let i = 0; i < 20_000; i++) records.change(A, attempt);
  assert.equal([...records.entries()].length, 50);
  await settled();
  backend.calls[0].go();
  await ready;
  assert.equal(records.get(A)?.attempts, 9_500, "the first 10,000 changes");
  backend.held = false;
  await clock.advance(5_000);
  assert.equal(backend.writes.length, 1);
  assert.equal(backend.writes[0].size, 50, "those that are gone were never there");
  assert.equal(clock.pending, 0);
});

Deno.test("who is driven out while being written is taken away after that", async () => {
  const backend = new RecordMap();
  const { clock, records } = setUp(backend, 1);
  await records.ready();
  records.change(A, attempt);
  backend.held = true;
  const flushed = records.flush();
  await settled();
  records.change(B, attempt);
  backend.held = false;
  backend.calls[0].go();
  await flushed;
  assert.deepEqual([...backend.records.keys()], [A]);
  await clock.advance(5_000);
  assert.deepEqual([...backend.records.keys()], [B]);
  assert.equal(clock.pending, 0);
});

Deno.test("while the backend cannot be written, what is to be written does not grow", async () => {
  const backend = new RecordMap();
  const { clock, records } = setUp(backend, 10);
  records.change(A, attempt);
  await records.flush();
  backend.broken = new Error("disk full");
  for (let i = 0; i < 300; i++) {
    records.change(`wss://r${i}.example/`, attempt);
    if (i % 3 === 0) await clock.advance(5_000);
  }
  backend.broken = undefined;
  await records.flush();
  assert.equal(backend.writes[1].size, 11, "ten records, and one that was there and is gone");
  assert.equal(backend.records.size, 10);
});

Deno.test("close() while the records are read waits for them, and writes what changed", async () => {
  const backend = new RecordMap([[A, text(10)]]);
  backend.held = true;
  const { clock, records } = setUp(backend);
  const ready = records.ready();
  records.change(A, attempt);
  let isClosed = false;
  const closed = records.close().then(() => isClosed = true);
  await settled();
  assert.ok(!isClosed);
  backend.held = false;
  backend.calls[0].go();
  await Promise.all([ready, closed]);
  assert.equal(attemptsIn(backend, A), 11);
  assert.equal(clock.pending, 0);
});

Deno.test("close() with nothing to write ends no sooner than the reading", async () => {
  const backend = new RecordMap();
  backend.held = true;
  const { records } = setUp(backend);
  records.ready();
  let isClosed = false;
  const closed = records.close().then(() => isClosed = true);
  await settled();
  assert.ok(!isClosed, "or the database would be closed under it");
  backend.calls[0].go();
  await closed;
  assert.equal(backend.writes.length, 0);
});
