import assert from "node:assert/strict";
import { PersistentMap } from "../../src/base/persistent_map.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { law, setUp } from "../support/kept_kinds.ts";
import { A, B, C, NOW_MS, RecordMap } from "../support/relay_records.ts";

law(
  "drops the least recently changed records past the bound, from the backend as well",
  async (kind) => {
    const backend = new RecordMap([[A, kind.text(1, NOW_MS - 1)], [B, kind.text(2, NOW_MS)], [
      C,
      kind.text(3, NOW_MS - 2),
    ]]);
    const { bump, clock, count, records } = setUp(kind, backend, 2);
    assert.ok(!records.isFull);
    await records.ready();
    assert.deepEqual([...records.entries()].map(([url]) => url), [A, B], "the oldest first");
    assert.ok(records.isFull);
    await clock.advance(5_000);
    assert.deepEqual([...backend.records.keys()], [A, B]);

    bump(A);
    bump("wss://new.example/");
    assert.equal(count(B), undefined);
    await clock.advance(5_000);
    assert.deepEqual([...backend.records.keys()], [A, "wss://new.example/"]);
  },
);

law(
  "bounds changes and writes while a backend does not answer",
  async (kind) => {
    const backend = new RecordMap();
    backend.held = true;
    const { bump, clock, count, records } = setUp(kind, backend, 50);
    const ready = records.ready();
    for (let i = 0; i < 500; i++) bump(`wss://r${i}.example/`);
    for (let i = 0; i < 20_000; i++) bump(A);
    assert.equal([...records.entries()].length, 50);
    await settled();
    backend.calls[0].go();
    await ready;
    assert.equal(count(A), 9_500, "the first 10,000 changes");
    backend.held = false;
    await clock.advance(5_000);
    assert.equal(backend.writes.length, 1);
    assert.equal(backend.writes[0].size, 50, "those that are gone were never there");
    assert.equal(clock.pending, 0);
  },
);

law("reports a very long key in the backend with a short error", async (kind) => {
  const { errors, records } = setUp(kind, new RecordMap([[`wss://${"x".repeat(1e6)}/`, "{}"]]));
  await records.ready();
  assert.ok(errors[0].message.length < 300);
});

law("removes a record that is dropped while it is being written", async (kind) => {
  const backend = new RecordMap();
  const { bump, clock, records } = setUp(kind, backend, 1);
  await records.ready();
  bump(A);
  backend.held = true;
  const flushed = records.flush();
  await settled();
  bump(B);
  backend.held = false;
  backend.calls[0].go();
  await flushed;
  assert.deepEqual([...backend.records.keys()], [A]);
  await clock.advance(5_000);
  assert.deepEqual([...backend.records.keys()], [B]);
  assert.equal(clock.pending, 0);
});

law("bounds the records to write while the backend cannot be written", async (kind) => {
  const backend = new RecordMap();
  const { bump, clock, records } = setUp(kind, backend, 10);
  bump(A);
  await records.flush();
  backend.broken = new Error("disk full");
  for (let i = 0; i < 300; i++) {
    bump(`wss://r${i}.example/`);
    if (i % 3 === 0) await clock.advance(5_000);
  }
  backend.broken = undefined;
  await records.flush();
  assert.equal(backend.writes[1].size, 11, "ten records, and one that was there and is gone");
  assert.equal(backend.records.size, 10);
});

Deno.test("PersistentMap keeps records that must stay as long as there are others, else drops the oldest", () => {
  const stays = new Set(["1", "2"]);
  const records = numbersThat((key) => stays.has(key), 3);
  const add = (...keys: string[]) => {
    for (const key of keys) records.change(key, (n) => n + 1, 0);
    return [...records.entries()].map(([key]) => key);
  };
  assert.deepEqual(add("1", "2", "3", "4"), ["4", "1", "2"]);
  assert.deepEqual(add("5", "6"), ["6", "1", "2"]);
  stays.add("6").add("7");
  assert.deepEqual(add("7"), ["1", "2", "7"]);
  stays.clear();
  assert.deepEqual(add("8", "9", "10"), ["8", "9", "10"]);
});

Deno.test("PersistentMap drops a hundredth of many records at a time, and never keeps more than max", () => {
  const records = numbersThat((key) => Number(key) % 2 === 0 && Number(key) < 2_000, 2_000);
  const sizes = new Set<number>();
  for (let n = 0; n < 20_000; n++) {
    assert.equal(records.change(`${n}`, () => n, 0), n > 0);
    if (n > 2_000) sizes.add(records.size);
  }
  assert.deepEqual([Math.min(...sizes), Math.max(...sizes)], [1_980, 2_000]);
  const left = [...records.entries()].map(([, n]) => n).sort((a, b) => a - b);
  const stayed = left.filter((n) => n < 2_000);
  assert.equal(stayed.length, 999, "each that is to stay");
  assert.deepEqual(left.slice(999), left.slice(999).map((_, i, all) => 20_000 - all.length + i));
});

function numbersThat(stays: (key: string) => boolean, max: number): PersistentMap<number> {
  return new PersistentMap<number>({
    clock: new TestClock(),
    topic: "list",
    name: "numbers",
    onError: (error) => assert.fail(error),
    max,
    isKey: () => true,
    parse: Number,
    format: String,
    changedAt: Number,
    stays,
  });
}
