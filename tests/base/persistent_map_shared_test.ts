import fc from "fast-check";
import assert from "node:assert/strict";
import { quiet, TestClock } from "../../testing/test_clock.ts";
import { law, type RecordKind } from "../support/kept_kinds.ts";
import { A, B, C } from "../support/relay_records.ts";
import { SharedRecordMap } from "../support/shared_records.ts";

const KEYS = [A, B, C];

/** What a process does next; `fail`: its next write is undone. */
type Step = readonly [
  process: number,
  what: "bump" | "flush" | "poll" | "fail" | "conflict" | "kill",
  key: string,
];

const steps = fc.array(
  fc.tuple(
    fc.nat({ max: 2 }),
    fc.constantFrom("bump", "bump", "bump", "flush", "poll", "fail", "conflict", "kill"),
    fc.constantFrom(...KEYS),
  ) as fc.Arbitrary<Step>,
  { maxLength: 60 },
);

/** Three processes that share records. */
function processes(kind: RecordKind, db: SharedRecordMap) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const all = [0, 1, 2].map(() => {
    const process = db.process(clock, onError);
    return { process, ...kind.open({ clock, backend: process.backend, onError, max: 100 }) };
  });
  return { all, clock, errors };
}

law("counts each change of several processes once, wherever these are killed", async (kind) => {
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const db = new SharedRecordMap();
      const { all, clock } = processes(kind, db);
      await Promise.all(all.map(({ records }) => records.ready()));
      /** What each process did that is in the database, and what may be lost with it. */
      const written = new Map(KEYS.map((key) => [key, 0]));
      const unwritten = all.map(() => new Map(KEYS.map((key) => [key, 0])));
      const settle = (i: number) => {
        for (const [key, count] of unwritten[i]) written.set(key, written.get(key)! + count);
        unwritten[i] = new Map(KEYS.map((key) => [key, 0]));
      };
      for (const [i, what, key] of steps) {
        const { process, records, bump } = all[i];
        if (process.isKilled) continue;
        if (what === "bump") {
          bump(key);
          unwritten[i].set(key, unwritten[i].get(key)! + 1);
        } else if (what === "fail") process.broken = new Error("connection lost");
        else if (what === "conflict") process.conflicts.push([key]);
        else if (what === "flush") {
          const fails = process.broken !== undefined;
          await records.flush();
          if (!fails || process.broken !== undefined) settle(i);
        } else if (what === "kill" && i > 0) process.isKilled = true;
        else if (what === "poll") {
          await clock.advance(2_000);
          await quiet();
        }
        const stored = db.texts();
        for (const [key, text] of stored) assert.ok(kind.count(text)! > 0, `${key} is readable`);
      }
      const living = all.filter(({ process }) => !process.isKilled);
      for (const { process, records } of living) {
        process.broken = undefined;
        await records.flush();
        await records.flush();
      }
      await clock.advance(20_000);
      await quiet();
      const total = (key: string) =>
        written.get(key)! +
        all.reduce(
          (sum, { process }, i) => sum + (process.isKilled ? 0 : unwritten[i].get(key)!),
          0,
        );
      for (const key of KEYS) {
        const stored = kind.count(db.texts().get(key)) ?? 0;
        // Timers may have written more before a process was killed.
        const most = total(key) +
          all.reduce(
            (sum, { process }, i) => sum + (process.isKilled ? unwritten[i].get(key)! : 0),
            0,
          );
        assert.ok(stored >= total(key) && stored <= most, `${stored} of ${total(key)} to ${most}`);
        for (const { count } of living) assert.equal(count(key) ?? 0, stored, key);
      }
      for (const { process, records } of living) {
        await records.close();
        await process.backend.close();
      }
    }),
    { numRuns: 150 },
  );
});

law(
  "hears what another process wrote within two seconds of that, and reads all once",
  async (kind) => {
    const db = new SharedRecordMap();
    const { all: [one, two], clock } = processes(kind, db);
    await Promise.all([one.records.ready(), two.records.ready()]);
    one.bump(A);
    await one.records.flush();
    assert.equal(two.count(A), undefined);
    await clock.advance(2_000);
    await quiet();
    assert.equal(two.count(A), 1);
    const { writes } = db;
    await clock.advance(20_000);
    assert.equal(db.writes, writes, "what was heard is not written again");
  },
);

law("does not delete a record that another process changed since", async (kind) => {
  const db = new SharedRecordMap();
  db.write(0, new Map([[A, kind.text(1, 1_000)], [B, kind.text(1, 2_000)]]));
  const clock = new TestClock();
  const backend = () => db.process(clock, assert.ifError).backend;
  const small = kind.open({ clock, backend: backend(), onError: assert.ifError, max: 2 });
  await small.records.ready();
  // Another process changes A, of which this one has not heard when it drops A.
  db.write(9, new Map([[A, kind.text(2, 5_000)]]));
  small.bump(C);
  assert.equal(small.count(A), undefined);
  await small.records.flush();
  assert.equal(kind.count(db.texts().get(A)), 2);
  assert.equal(kind.count(db.texts().get(C)), 1);
});

law("makes its own changes to what it hears, before they are written", async (kind) => {
  const db = new SharedRecordMap();
  const { all: [one, two], clock } = processes(kind, db);
  await Promise.all([one.records.ready(), two.records.ready()]);
  one.bump(A);
  await one.records.flush();
  await clock.advance(1_000);
  two.bump(A);
  two.bump(A);
  await clock.advance(1_000);
  await quiet();
  assert.equal(two.count(A), 3);
  await two.records.flush();
  assert.equal(kind.count(db.texts().get(A)), 3);
});

law("writes again at once what another process changed meanwhile", async (kind) => {
  const db = new SharedRecordMap();
  const { all: [one] } = processes(kind, db);
  await one.records.ready();
  one.bump(A);
  one.bump(B);
  one.process.conflicts.push([A], [A]);
  await one.records.flush();
  assert.deepEqual([A, B].map((key) => kind.count(db.texts().get(key))), [1, 1]);
});

law("keeps what others change again and again for later, and nothing else", async (kind) => {
  const db = new SharedRecordMap();
  const { all: [one], clock } = processes(kind, db);
  await one.records.ready();
  one.bump(A);
  one.bump(B);
  for (let i = 0; i < 10; i++) one.process.conflicts.push([A]);
  await one.records.flush();
  assert.deepEqual([A, B].map((key) => kind.count(db.texts().get(key))), [undefined, 1]);
  one.bump(B);
  await clock.advance(5_000);
  await quiet();
  assert.deepEqual([A, B].map((key) => kind.count(db.texts().get(key))), [1, 2]);
});

law("keeps a change that is made while it writes", async (kind) => {
  const db = new SharedRecordMap();
  const { all: [one] } = processes(kind, db);
  await one.records.ready();
  const answer = Promise.withResolvers<void>();
  one.process.hold = answer.promise;
  one.bump(A);
  const written = one.records.flush();
  await quiet();
  one.bump(A);
  answer.resolve();
  await written;
  assert.deepEqual([one.count(A), kind.count(db.texts().get(A))], [2, 1]);
});

law("hears nothing that is older than what it writes", async (kind) => {
  const db = new SharedRecordMap();
  const { all: [one, two], clock } = processes(kind, db);
  await Promise.all([one.records.ready(), two.records.ready()]);
  const answer = Promise.withResolvers<void>();
  one.process.hold = answer.promise;
  one.bump(A);
  const written = one.records.flush();
  await quiet();
  one.bump(A);
  two.bump(A);
  await two.records.flush();
  await clock.advance(2_000);
  await quiet();
  answer.resolve();
  await written;
  await quiet();
  assert.equal(one.count(A), 3);
  await one.records.flush();
  await clock.advance(2_000);
  await quiet();
  assert.deepEqual([one, two].map(({ count }) => count(A)), [3, 3]);
  assert.equal(kind.count(db.texts().get(A)), 3);
});
