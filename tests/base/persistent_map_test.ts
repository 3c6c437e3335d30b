import assert from "node:assert/strict";
import { PersistentMap } from "../../src/base/persistent_map.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { law, setUp } from "../support/kept_kinds.ts";
import { A, B, C, RecordMap } from "../support/relay_records.ts";

law("reads the backend once, at the first ready()", async (kind) => {
  const backend = new RecordMap([[A, kind.text(7)]]);
  const { count, records } = setUp(kind, backend);
  assert.equal(count(A), undefined);
  assert.equal(backend.reads, 0);
  await Promise.all([records.ready(), records.ready()]);
  await records.ready();
  assert.equal(backend.reads, 1);
  assert.equal(count(A), 7);
});

law("changes records in memory at once, and in the backend five seconds later", async (kind) => {
  const backend = new RecordMap();
  const { bump, clock, count, records } = setUp(kind, backend);
  await records.ready();
  bump(A);
  bump(A);
  assert.equal(count(A), 2);
  await clock.advance(4_999);
  assert.equal(backend.writes.length, 0);
  await clock.advance(1);
  assert.deepEqual([...backend.records], [[A, kind.text(2, 0)]]);
  bump(B);
  await records.flush();
  assert.deepEqual([...backend.writes[1].keys()], [B], "what did not change is not written");
});

law("without a backend waits for nothing, and sets no timer", async (kind) => {
  const { bump, clock, count, errors, records } = setUp(kind);
  await records.ready();
  bump(A);
  assert.equal(clock.pending, 0);
  await records.flush();
  await records.close();
  assert.equal(count(A), 1);
  assert.deepEqual(errors, []);
});

law(
  "repeats changes made before the backend was read on the records that are read",
  async (kind) => {
    const backend = new RecordMap([[A, kind.text(10)], [B, kind.text(20)]]);
    backend.held = true;
    const { bump, count, records } = setUp(kind, backend);
    bump(A);
    const ready = records.ready();
    bump(A);
    bump(C);
    assert.equal(count(A), 2);
    await settled();
    backend.calls[0].go();
    await ready;
    const attempts = [A, B, C].map((url) => count(url));
    assert.deepEqual(attempts, [12, 20, 1]);
    backend.held = false;
    await records.flush();
    assert.equal(kind.count(backend.records.get(A)), 12);
  },
);

Deno.test("PersistentMap writes a change that the record needed which was read after it", async () => {
  const clock = new TestClock();
  const backend = new RecordMap([[A, "9"]]);
  const records = new PersistentMap<number>({
    clock,
    backend,
    topic: "spread",
    name: "numbers",
    onError: assert.ifError,
    max: 100,
    isKey: () => true,
    parse: Number,
    format: String,
    changedAt: (count) => count,
  });
  assert.ok(!records.change(A, (count) => Math.min(count, 5), 0), "nothing to change yet");
  records.change(B, (count) => Math.min(count, 5), 0);
  await records.ready();
  assert.equal(records.get(A), 5);
  await records.close();
  assert.deepEqual([...backend.records], [[A, "5"]]);
  assert.equal(clock.pending, 0);
});

law("reads the backend before it writes, so that nothing unread is overwritten", async (kind) => {
  const backend = new RecordMap([[A, kind.text(10)]]);
  const { bump, clock } = setUp(kind, backend);
  bump(A);
  await clock.advance(5_000);
  assert.equal(kind.count(backend.records.get(A)), 11);
  assert.equal(backend.reads, 1);
});

law(
  "reports a backend that cannot be read once, and has no records then",
  async (kind) => {
    const backend = new RecordMap([[A, kind.text(10)]]);
    backend.broken = new Error("no such table");
    const { bump, clock, count, errors, records } = setUp(kind, backend);
    await records.ready();
    await records.ready();
    assert.equal(count(A), undefined);
    assert.deepEqual(errors.map(({ message, cause }) => [message, cause]), [
      [`Cannot read the records of ${kind.name}`, backend.broken],
    ]);
    bump(A);
    bump(B);
    await clock.advance(5_000);
    assert.equal(errors.length, 2);
    assert.equal(errors[1].message, `Cannot write the records of ${kind.name}`);
    assert.equal(clock.pending, 0);

    // Once the backend works again, nothing is lost: neither its records nor later changes.
    backend.broken = undefined;
    bump(C);
    await clock.advance(5_000);
    assert.deepEqual([A, B, C].map((url) => kind.count(backend.records.get(url))), [11, 1, 1]);
    assert.equal(count(A), 11);
    assert.equal(errors.length, 2);
  },
);

law(
  "reports a backend that cannot be written, and writes with the next change",
  async (kind) => {
    const backend = new RecordMap();
    const { bump, clock, errors, records } = setUp(kind, backend);
    await records.ready();
    bump(A);
    backend.broken = new Error("disk full");
    await records.flush();
    assert.equal(errors[0].cause, backend.broken);
    backend.broken = undefined;
    bump(B);
    await clock.advance(5_000);
    assert.deepEqual([...backend.records.keys()], [A, B]);
  },
);

law(
  "takes a backend that throws or gives nonsense like one that rejects",
  async (kind) => {
    for (
      const readRecords of [
        () => {
          throw new Error("at once");
        },
        () => Promise.resolve(undefined as unknown as Map<string, string>),
        () => Promise.reject("not even an error"),
      ]
    ) {
      const { bump, count, errors, records } = setUp(kind, {
        readRecords,
        writeRecords: () => Promise.resolve(),
      });
      await records.ready();
      assert.equal(errors.length, 1);
      bump(A);
      await records.flush();
      await records.close();
      assert.equal(count(A), 1);
    }
  },
);

law("reports unreadable records together, and leaves them as they are", async (kind) => {
  const long = `wss://${"x".repeat(300)}.example/`;
  const backend = new RecordMap([
    [A, kind.text(3)],
    [B, "{"],
    [C, "x".repeat(50_000)],
    [long, kind.text(1)],
    ["https://web.example/", kind.text(1)],
    ["wss://gone.example/", ""],
  ]);
  const { bump, errors, records } = setUp(kind, backend);
  await records.ready();
  assert.deepEqual([...records.entries()].map(([url]) => url), [A]);
  assert.deepEqual(
    errors.map(({ message }) => message),
    [
      `Cannot read 4 of 6 records of ${kind.name}, among them that of "https://web.example/": they are left as they are`,
    ],
  );
  bump(A);
  await records.close();
  assert.equal(backend.records.get(B), "{");
  assert.equal(backend.records.size, 6);
});

law("close() waits while the backend is read, and writes the changes", async (kind) => {
  const backend = new RecordMap([[A, kind.text(10)]]);
  backend.held = true;
  const { bump, clock, records } = setUp(kind, backend);
  const ready = records.ready();
  bump(A);
  let isClosed = false;
  const closed = records.close().then(() => isClosed = true);
  await settled();
  assert.ok(!isClosed);
  backend.held = false;
  backend.calls[0].go();
  await Promise.all([ready, closed]);
  assert.equal(kind.count(backend.records.get(A)), 11);
  assert.equal(clock.pending, 0);
});

law("close() with nothing to write waits for the reading", async (kind) => {
  const backend = new RecordMap();
  backend.held = true;
  const { records } = setUp(kind, backend);
  records.ready();
  let isClosed = false;
  const closed = records.close().then(() => isClosed = true);
  await settled();
  assert.ok(!isClosed, "or the database would be closed under it");
  backend.calls[0].go();
  await closed;
  assert.equal(backend.writes.length, 0);
});

law("takes the last of records written at the same time as the newest", async (kind) => {
  const backend = new RecordMap([C, A, B].map((url) => [url, kind.text(1)]));
  const { records } = setUp(kind, backend);
  await records.ready();
  assert.deepEqual([...records.entries()].map(([key]) => key), [C, A, B]);
});

law("reads and writes records under their topic", async (kind) => {
  const backend = new RecordMap();
  const { bump, records } = setUp(kind, backend);
  await records.ready();
  assert.deepEqual([...backend.topics], [kind.topic]);
  backend.topics.clear();
  bump(A);
  await records.flush();
  assert.deepEqual([...backend.topics], [kind.topic]);
});

law("change() that changes nothing starts no record, and writes none", async (kind) => {
  const { bump, clock, records } = setUp(kind, new RecordMap());
  await records.ready();
  assert.equal(records.change(A, (record) => record, {}), false);
  assert.equal(records.size, 0);
  bump(A);
  bump(B);
  await records.flush();
  assert.equal(records.change(A, (record) => record, {}), false);
  assert.equal(records.change("junk", () => ({}), {}), false);
  assert.deepEqual([...records.entries()].map(([key]) => key), [A, B]);
  assert.equal(records.size, 2);
  assert.equal(clock.pending, 0);
});
