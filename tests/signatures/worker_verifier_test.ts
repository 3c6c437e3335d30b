import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import "../support/loaded_parts.ts";
import type { CreateWorker, WorkerListener } from "../../src/signatures/create_worker.ts";
import type { SignedText } from "../../src/signatures/signature_check.ts";
import { SLICE_MS, WorkerVerifier } from "../../src/signatures/worker_verifier.ts";
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
  const turns = new Set<() => void>();
  const flood = { isOn: false };
  const verifier = new WorkerVerifier({
    clock: {
      now: () => clock.now() + busy,
      after: (ms, run) => {
        if (ms > 0) return clock.after(ms, run);
        turns.add(run);
        return () => turns.delete(run);
      },
    },
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
    isFlooded: () => flood.isOn,
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
  /** Gives the verifier some turns of the event loop. */
  const turn = async (count = 1) => {
    for (let i = 0; i < count; i++) {
      const due = [...turns];
      turns.clear();
      for (const run of due) run();
      await settled();
    }
  };
  const pending = () => clock.pending + turns.size;
  return { clock, workers, forged, checked, flood, verifier, verify, turn, pending };
}

Deno.test("WorkerVerifier verifies few events at once, and starts no thread", () => {
  const { verifier, verify, workers, forged, pending } = setUp();
  const events = notes(SLICE_MS);
  forged.add(events[3].id);
  assert.deepEqual(verify(events), events.map(({ id }) => !forged.has(id)));
  assert.equal(workers.length, 0);
  verifier.close();
  assert.equal(pending(), 0);
});

Deno.test("WorkerVerifier lets other work have its turn after five milliseconds", async () => {
  const { verifier, verify, workers, turn, checked } = setUp();
  const results = verify(notes(100));
  for (let count = SLICE_MS; count <= 100; count += SLICE_MS) {
    assert.equal(checked.length, count);
    assert.equal(results.filter((isValid) => isValid).length, count);
    await turn();
  }
  assert.equal(workers.length, 0);
  verifier.close();
});

Deno.test("WorkerVerifier starts threads one by one while 300 events wait, and verifies itself until one is ready", async () => {
  const { verifier, verify, workers, clock, turn, checked, forged, pending } = setUp({
    maxWorkers: 2,
  });
  const events = notes(1000);
  for (const i of [0, 12, 250, 999]) forged.add(events[i].id);
  const results = verify(events);
  assert.equal(workers.length, 0);
  await turn(3);
  assert.equal(workers.length, 1);
  assert.equal(
    checked.length,
    3 * SLICE_MS,
    "in the turn that starts a thread nothing is verified",
  );
  workers[0].listener.message("ready");
  assert.deepEqual(workers[0].batches.map(({ items }) => items.length), [64, 64]);
  await workers[0].answer();
  await turn();
  assert.equal(workers.length, 2);
  workers[1].listener.message("ready");
  while (workers.some(({ batches }) => batches.length > 0)) {
    for (const worker of workers) if (worker.batches.length > 0) await worker.answer();
  }
  assert.deepEqual(results, events.map(({ id }) => !forged.has(id)));
  assert.equal(checked.length, 3 * SLICE_MS, "no event is verified twice");
  await turn();
  await clock.advance(4_999);
  assert.ok(!workers[0].isEnded);
  await clock.advance(1);
  assert.ok(workers.every(({ isEnded }) => isEnded), "threads without work end");
  verifier.close();
  assert.equal(pending(), 0);
});

Deno.test("WorkerVerifier sends new events to a thread that is ready, and together what comes together", async () => {
  const { verifier, verify, workers, turn } = setUp();
  verify(notes(500));
  await turn();
  workers[0].listener.message("ready");
  while (workers[0].batches.length > 0) await workers[0].answer();
  const results = verify(notes(20));
  await settled();
  assert.deepEqual(workers[0].batches.map(({ items }) => items.length), [20]);
  await workers[0].answer();
  assert.ok(results.every((isValid) => isValid));
  verifier.close();
});

Deno.test("WorkerVerifier expect() prepares the first check once, and starts no thread for few events", async () => {
  const { verifier, verify, workers, turn, checked, pending } = setUp();
  verifier.expect(1);
  verifier.expect(299);
  assert.equal(checked.length, 0, "other work goes first");
  await turn();
  assert.equal(checked.length, 1);
  verifier.expect(1);
  await turn(3);
  assert.equal(checked.length, 1);
  assert.equal(workers.length, 0);
  const events = notes(1);
  assert.deepEqual(verify(events), [true], "the check beforehand takes nobody's time");
  verifier.close();
  assert.equal(pending(), 0);
});

Deno.test("WorkerVerifier close() forgets what it expected", async () => {
  const { verifier, workers, turn, checked, pending } = setUp();
  verifier.expect(300);
  verifier.close();
  assert.equal(pending(), 0);
  verifier.expect(1);
  await turn(3);
  assert.equal(workers.length, 0);
  assert.equal(checked.length, 1);
  assert.equal(pending(), 0);
});

Deno.test("WorkerVerifier expect() starts its threads one by one before many events come, and ends them if none come", async () => {
  const { verifier, verify, workers, clock, turn, pending } = setUp({ maxWorkers: 2 });
  verifier.expect(300);
  await turn(5);
  assert.equal(workers.length, 1, "starting a second one takes its time, too");
  workers[0].listener.message("ready");
  await turn(5);
  assert.equal(workers.length, 2);
  workers[1].listener.message("ready");
  await turn(5);
  assert.equal(workers.length, 2);
  assert.equal(pending(), 1, "nothing but the threads' end waits");
  const results = verify(notes(20));
  await settled();
  for (const worker of workers) while (worker.batches.length > 0) await worker.answer();
  assert.ok(results.every((isValid) => isValid));
  await clock.advance(5_000);
  assert.ok(workers.every(({ isEnded }) => isEnded));
  assert.equal(pending(), 0);
  verifier.verify(notes(1)[0]);
  await turn(3);
  assert.equal(workers.length, 2, "what was expected is long over");
  verifier.close();
});

Deno.test("WorkerVerifier starts a thread between floods of messages, or a second after it was needed", async () => {
  const { verifier, verify, workers, checked, clock, flood, turn } = setUp({ maxWorkers: 2 });
  flood.isOn = true;
  const results = verify(notes(3_000));
  await turn(10);
  assert.equal(workers.length, 0);
  assert.equal(checked.length, 11 * SLICE_MS, "meanwhile this thread verifies");
  flood.isOn = false;
  await turn();
  assert.equal(workers.length, 1);
  flood.isOn = true;
  workers[0].listener.message("ready");
  await turn(5);
  assert.equal(workers.length, 1);
  await clock.advance(999);
  await turn();
  assert.equal(workers.length, 1);
  await clock.advance(1);
  await turn();
  assert.equal(workers.length, 2);
  workers[1].listener.message("ready");
  while (workers.some(({ batches }) => batches.length > 0)) {
    for (const worker of workers) if (worker.batches.length > 0) await worker.answer();
  }
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
  Deno.test(`WorkerVerifier verifies again what a thread has that ${name}: nothing is lost, nothing passes`, async () => {
    const { verifier, verify, workers, clock, turn, forged, pending } = setUp();
    const events = notes(1000);
    for (const i of [15, 100, 999]) forged.add(events[i].id);
    const results = verify(events);
    await turn();
    // Every thread fails; after three there are no more.
    for (let i = 0; i < workers.length; i++) {
      workers[i].listener.message("ready");
      await fail(workers[i], clock);
      assert.ok(workers[i].isEnded);
      await turn();
    }
    assert.equal(workers.length, 3);
    await turn(200);
    assert.deepEqual(results, events.map(({ id }) => !forged.has(id)));
    verifier.close();
    assert.equal(pending(), 0);
  });
}

/** Ways in which no thread starts. */
const FAILED_STARTS: [string, CreateWorker][] = [
  ["throws", () => {
    throw new Error("content policy");
  }],
  ["fails later", (listener) => {
    queueMicrotask(() => listener.failed(new Error("404")));
    return { post: () => assert.fail("it is not ready"), end: () => {} };
  }],
  ["never says that it is ready", () => ({
    post: () => assert.fail("it is not ready"),
    end: () => {},
  })],
];

for (const [name, fail] of FAILED_STARTS) {
  Deno.test(`WorkerVerifier verifies everything itself where the start of a thread ${name}, and tries that once`, async () => {
    let tries = 0;
    const create: CreateWorker = (listener) => {
      tries++;
      return fail(listener);
    };
    const { verifier, verify, clock, turn, forged, pending } = setUp({ create });
    const events = notes(400);
    forged.add(events[390].id);
    const results = verify(events);
    await turn(100);
    assert.deepEqual(results, events.map(({ id }) => !forged.has(id)));
    await clock.advance(10_000);
    verify(notes(400));
    await turn(100);
    assert.equal(tries, 1);
    verifier.close();
    assert.equal(pending(), 0);
  });
}

Deno.test("WorkerVerifier close() ends its threads and timers; what waits is not genuine, and it can be used again", async () => {
  const { verifier, verify, workers, turn, pending } = setUp();
  const results = verify(notes(400));
  await turn();
  workers[0].listener.message("ready");
  verifier.close();
  await settled();
  assert.deepEqual(results, [
    ...Array(SLICE_MS).fill(true),
    ...Array(400 - SLICE_MS).fill(false),
  ]);
  assert.ok(workers[0].isEnded);
  assert.equal(pending(), 0);
  assert.deepEqual(verify(notes(1)), [true]);
  verifier.close();
});
