import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { CreateWorker, WorkerListener } from "../../src/signatures/create_worker.ts";
import type { SignedText } from "../../src/signatures/signature_check.ts";
import { WorkerVerifier } from "../../src/signatures/worker_verifier.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { notes } from "../support/notes.ts";

/** A batch that a thread got. */
interface Batch {
  readonly batch: number;
  readonly items: readonly SignedText[];
}

/** A thread that the test plays. */
class FakeWorker {
  readonly batches: Batch[] = [];
  isEnded = false;

  constructor(readonly listener: WorkerListener, readonly forged: ReadonlySet<string>) {}

  readonly post = (message: unknown) => void this.batches.push(message as Batch);
  readonly end = () => void (this.isEnded = true);

  /** Answers the oldest batch. */
  async answer(): Promise<void> {
    const { batch, items } = this.batches.shift()!;
    this.listener.message({ batch, valid: items.map(([id]) => !this.forged.has(id)) });
    await settled();
  }
}

/** A verifier over threads that the test plays; in this thread a check takes a millisecond. */
function setUp({ maxWorkers = 1, create = undefined as CreateWorker | undefined } = {}) {
  const clock = new TestClock();
  const workers: FakeWorker[] = [];
  const forged = new Set<string>();
  const checked: string[] = [];
  let busy = 0;
  const verifier = new WorkerVerifier({
    clock: { now: () => clock.now() + busy, after: (ms, run) => clock.after(ms, run) },
    check: ({ id }) => {
      checked.push(id);
      busy++;
      return !forged.has(id);
    },
    createWorker: create ?? ((listener) => {
      const worker = new FakeWorker(listener, forged);
      workers.push(worker);
      return worker;
    }),
    maxWorkers,
  });
  /** Verifies events, and returns what is known of each by now. */
  const verify = (events: readonly NostrEvent[]) => {
    const results: (boolean | undefined)[] = events.map(() => undefined);
    events.forEach((event, i) => {
      const result = verifier.verify(event);
      if (result instanceof Promise) result.then((isValid) => results[i] = isValid);
      else results[i] = result;
    });
    return results;
  };
  return { clock, workers, forged, checked, verifier, verify };
}

Deno.test("WorkerVerifier verifies few events at once, and starts no thread", () => {
  const { verifier, verify, workers, forged, clock } = setUp();
  const events = notes(10);
  forged.add(events[3].id);
  assert.deepEqual(verify(events), events.map(({ id }) => !forged.has(id)));
  assert.equal(workers.length, 0);
  verifier.close();
  assert.equal(clock.pending, 0);
});

Deno.test("WorkerVerifier lets other work have its turn after ten milliseconds", async () => {
  const { verifier, verify, workers, clock, checked } = setUp();
  const others: number[] = [];
  const results = verify(notes(100));
  assert.equal(results.filter((isValid) => isValid).length, 10);
  assert.equal(clock.pending, 1);
  clock.after(0, () => others.push(checked.length));
  await clock.advance(1);
  assert.ok(results.every((isValid) => isValid));
  assert.equal(checked.length, 100);
  assert.deepEqual(others, [20]);
  assert.equal(workers.length, 0);
  verifier.close();
});

Deno.test("WorkerVerifier starts threads once 300 events wait, and verifies itself until one is ready", async () => {
  const { verifier, verify, workers, clock, checked, forged } = setUp({ maxWorkers: 2 });
  const events = notes(500);
  for (const i of [0, 250, 499]) forged.add(events[i].id);
  const results = verify(events);
  assert.equal(workers.length, 2);
  const here = checked.length;
  assert.ok(here >= 10);
  workers[0].listener.message("ready");
  assert.deepEqual(workers[0].batches.map(({ items }) => items.length), [64, 64]);
  workers[1].listener.message("ready");
  while (workers.some(({ batches }) => batches.length > 0)) {
    for (const worker of workers) if (worker.batches.length > 0) await worker.answer();
  }
  assert.deepEqual(results, events.map(({ id }) => !forged.has(id)));
  assert.equal(checked.length, here, "no event is verified twice");
  await clock.advance(4_999);
  assert.ok(!workers[0].isEnded);
  await clock.advance(1);
  assert.ok(workers.every(({ isEnded }) => isEnded), "threads without work end");
  verifier.close();
  assert.equal(clock.pending, 0);
});

Deno.test("WorkerVerifier sends new events to a thread that is ready, and together what comes together", async () => {
  const { verifier, verify, workers } = setUp();
  verify(notes(500));
  workers[0].listener.message("ready");
  while (workers[0].batches.length > 0) await workers[0].answer();
  const results = verify(notes(20));
  await settled();
  assert.deepEqual(workers[0].batches.map(({ items }) => items.length), [20]);
  await workers[0].answer();
  assert.ok(results.every((isValid) => isValid));
  verifier.close();
});

/** Ways in which a thread fails while it has events. */
const DEATHS: [string, (worker: FakeWorker, clock: TestClock) => unknown][] = [
  ["dies", ({ listener }) => listener.failed(new Error("out of memory"))],
  ["does not answer", (_, clock) => clock.advance(10_000)],
  ["answers nonsense", ({ listener }) => listener.message("nonsense")],
  ["answers nothing", ({ listener }) => listener.message(null)],
  [
    "answers too little",
    ({ listener, batches: [{ batch }] }) => listener.message({ batch, valid: [true] }),
  ],
];

for (const [name, fail] of DEATHS) {
  Deno.test(`WorkerVerifier verifies itself what a thread has that ${name}: nothing is lost, nothing passes`, async () => {
    const { verifier, verify, workers, clock, forged } = setUp();
    const events = notes(400);
    for (const i of [15, 100, 399]) forged.add(events[i].id);
    const results = verify(events);
    // Every attempt fails; after three there are no more.
    for (let i = 0; i < workers.length; i++) {
      workers[i].listener.message("ready");
      await fail(workers[i], clock);
      assert.ok(workers[i].isEnded);
    }
    assert.ok(workers.length >= 1 && workers.length <= 3);
    await clock.advance(10);
    assert.deepEqual(results, events.map(({ id }) => !forged.has(id)));
    verifier.close();
    assert.equal(clock.pending, 0);
  });
}

Deno.test("WorkerVerifier verifies everything itself where no thread can start, and does not try again", async () => {
  let tries = 0;
  const attempts: CreateWorker[] = [
    () => {
      tries++;
      throw new Error("content policy");
    },
    (listener) => {
      tries++;
      queueMicrotask(() => listener.failed(new Error("404")));
      return { post: () => assert.fail("it is not ready"), end: () => {} };
    },
    () => {
      tries++;
      return { post: () => assert.fail("it is not ready"), end: () => {} };
    },
  ];
  for (const create of attempts) {
    tries = 0;
    const { verifier, verify, clock, forged } = setUp({ create });
    const events = notes(400);
    forged.add(events[390].id);
    const results = verify(events);
    await clock.advance(10_000);
    assert.deepEqual(results, events.map(({ id }) => !forged.has(id)));
    verify(notes(400));
    await clock.advance(10);
    assert.equal(tries, 1);
    verifier.close();
    assert.equal(clock.pending, 0);
  }
});

Deno.test("WorkerVerifier close() ends its threads and timers; what waits is not genuine, and it can be used again", async () => {
  const { verifier, verify, workers, clock } = setUp();
  const results = verify(notes(400));
  workers[0].listener.message("ready");
  verifier.close();
  await settled();
  assert.deepEqual(results.map((isValid) => isValid ?? "lost"), [
    ...Array(10).fill(true),
    ...Array(390).fill(false),
  ]);
  assert.ok(workers[0].isEnded);
  assert.equal(clock.pending, 0);
  assert.deepEqual(verify(notes(1)), [true]);
  verifier.close();
});
