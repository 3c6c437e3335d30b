import assert from "node:assert/strict";
import { nextTurn } from "../../src/base/clock.ts";
import { RelaySocket } from "../../src/connections/relay_socket.ts";
import { Completion } from "../../src/requests/completion.ts";
import { ScriptedSocket } from "../../testing/scripted_socket.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { SteadyWork } from "../support/steady_work.ts";

const COVERED = { isCovered: true, isPending: false, isSettled: false };

/** A completion with 100 ms for stragglers, and how often it finished. */
function start() {
  const clock = new TestClock();
  const test = { clock, finished: 0, completion: undefined as unknown as Completion };
  test.completion = new Completion({ clock, stragglerTimeout: 100 }, () => test.finished++);
  return test;
}

Deno.test("Completion finishes at once if nobody is waited for, and only once", async () => {
  const test = start();
  test.completion.check({ ...COVERED, isCovered: false });
  assert.equal(test.finished, 0);
  for (const _ of [1, 2]) test.completion.check({ ...COVERED, isSettled: true });
  await test.clock.advance(10_000);
  assert.equal(test.finished, 1);
});

Deno.test("Completion waits for stragglers from when all is covered, and anew if it is told to", async () => {
  const test = start();
  test.completion.check(COVERED);
  await test.clock.advance(60);
  test.completion.check(COVERED);
  await test.clock.advance(39);
  test.completion.waitAnew();
  await test.clock.advance(100);
  assert.equal(test.finished, 0);
  test.completion.check(COVERED);
  await test.clock.advance(100);
  assert.equal(test.finished, 1);
});

Deno.test("Completion waits 3 s for relays that were added later", async () => {
  const test = start();
  test.completion.check({ ...COVERED, isPending: true });
  await test.clock.advance(2_999);
  assert.equal(test.finished, 0);
  await test.clock.advance(1);
  assert.equal(test.finished, 1);
});

Deno.test("Completion end() keeps it from finishing, and leaves no timer", async () => {
  const test = start();
  test.completion.check(COVERED);
  test.completion.check({ ...COVERED, isPending: true });
  test.completion.end();
  assert.equal(test.clock.pending, 0);
  test.completion.check({ ...COVERED, isSettled: true });
  await test.clock.advance(10_000);
  assert.equal(test.finished, 0);
});

Deno.test("Completion counts no time in which the program is behind", async () => {
  for (const [isPending, idleMs] of [[false, 100], [true, 3_000]] as const) {
    const clock = new TestClock();
    let finished = 0;
    const workload = new SteadyWork(clock, 0.75);
    new Completion({ clock, stragglerTimeout: 100, workload }, () => finished++)
      .check({ ...COVERED, isPending });
    await clock.advance(3.5 * idleMs);
    assert.equal(finished, 0);
    await clock.advance(idleMs);
    assert.equal(finished, 1);
  }
});

Deno.test("Completion waits until what sockets handed over in time is read", async () => {
  const socket = new ScriptedSocket();
  let read = 0;
  const relay = new RelaySocket("wss://a.example/", {
    onNotice: () => read++,
  }, () => socket);
  socket.open();
  // Ten milliseconds are the longest that messages are read without a pause.
  const long = `["NOTICE",${JSON.stringify("{}".repeat(2 ** 18))}${" ".repeat(2 ** 18)}]`;
  for (let i = 0; i < 200; i++) socket.onmessage!({ data: long });
  const test = start();
  test.completion.check(COVERED);
  await test.clock.advance(200);
  assert.ok(read === 200 || test.finished === 0, `${read}`);
  while (test.finished === 0) await nextTurn();
  assert.equal(read, 200);
  await relay.close();
});
