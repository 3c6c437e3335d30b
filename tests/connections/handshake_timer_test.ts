import fc from "fast-check";
import assert from "node:assert/strict";
import { HandshakeTimer } from "../../src/connections/handshake_timer.ts";
import { TestClock } from "../../testing/test_clock.ts";

const TIMEOUT_MS = 2_500;
/** How much of the time in which the program ran may be lost with each stall. */
const LOST_MS = 250;

/** A handshake that never ends by itself. */
class Handshake {
  readonly clock = new TestClock();
  timeout = TIMEOUT_MS;
  /** What was reported, each with the milliseconds from the start. */
  readonly reports: string[] = [];
  readonly #begunAt = this.clock.now();
  readonly timer = new HandshakeTimer(this.clock, {
    timeout: () => this.timeout,
    onDoubt: () => this.reports.push(`${this.ms} doubt`),
    onLate: () => this.reports.push(`${this.ms} late`),
  });

  constructor() {
    this.timer.start();
  }

  get ms(): number {
    return this.clock.now() - this.#begunAt;
  }
}

Deno.test("HandshakeTimer reports once, when the timeout has passed, and leaves no timer", async () => {
  const { clock, reports } = new Handshake();
  await clock.advance(20_000);
  assert.deepEqual(reports, ["2500 late"]);
  assert.equal(clock.pending, 0);
});

Deno.test("HandshakeTimer reads the timeout again and again", async () => {
  const handshake = new Handshake();
  handshake.timeout = 10_000;
  await handshake.clock.advance(4_000);
  handshake.timeout = TIMEOUT_MS;
  await handshake.clock.advance(LOST_MS);
  assert.deepEqual(handshake.reports, ["4250 late"]);
});

Deno.test("HandshakeTimer stop() ends the watch, and tells how long the handshake took", async () => {
  const { clock, timer, reports } = new Handshake();
  await clock.advance(700);
  assert.equal(timer.stop(), 700);
  await clock.advance(20_000);
  assert.deepEqual(reports, []);
  assert.equal(clock.pending, 0);
});

Deno.test("W2: HandshakeTimer stop() tells no time if the program did not run for a part of it", async () => {
  const { clock, timer } = new Handshake();
  await clock.stall(1_000);
  await clock.advance(100);
  assert.equal(timer.stop(), undefined);

  // What ends the handshake may be read before the timer shows that it is overdue.
  for (const [ms, expected] of [[750, 750], [751, undefined]]) {
    let now = 0;
    const options = { timeout: () => TIMEOUT_MS, onDoubt: () => {}, onLate: () => {} };
    const timer = new HandshakeTimer({ now: () => now, after: () => () => {} }, options);
    timer.start();
    now = ms!;
    assert.equal(timer.stop(), expected);
  }
});

Deno.test("W2: HandshakeTimer counts the time in which the program ran, however often it was busy or asleep", async () => {
  const steps = fc.array(
    fc.record({
      runs: fc.integer({ min: 1, max: 600 }),
      stalls: fc.integer({ min: 751, max: 9_000 }),
    }),
    { maxLength: 8 },
  );
  await fc.assert(fc.asyncProperty(steps, async (steps) => {
    const { clock, reports } = new Handshake();
    const isLate = () => reports.some((report) => report.endsWith("late"));
    let ran = 0;
    for (const [i, { runs, stalls }] of steps.entries()) {
      await clock.advance(runs);
      ran += runs;
      if (ran < TIMEOUT_MS) assert.ok(!isLate(), `late after ${ran} ms`);
      if (ran >= TIMEOUT_MS + i * LOST_MS) assert.ok(isLate(), `not late after ${ran} ms`);
      await clock.stall(stalls);
    }
    await clock.advance(Math.max(0, TIMEOUT_MS - 1 - ran));
    if (ran < TIMEOUT_MS) assert.ok(!isLate());
    await clock.advance(1 + steps.length * LOST_MS);
    assert.ok(isLate());
  }));
});

Deno.test("W2: HandshakeTimer doubts once what is not open in time, when a handshake has had its usual time since the program went on", async () => {
  const { clock, reports } = new Handshake();
  await clock.advance(500);
  await clock.stall(5_000);
  await clock.advance(1_249);
  assert.deepEqual(reports, []);
  await clock.advance(1);
  assert.deepEqual(reports, ["6750 doubt"]);
  await clock.stall(5_000);
  await clock.advance(20_000);
  assert.deepEqual(reports, ["6750 doubt", "12500 late"]);

  // Each stall begins that time anew.
  const often = new Handshake();
  await often.clock.stall(3_000);
  await often.clock.advance(1_000);
  await often.clock.stall(3_000);
  await often.clock.advance(1_249);
  assert.deepEqual(often.reports, []);
  await often.clock.advance(1);
  assert.deepEqual(often.reports, ["8250 doubt"]);

  // Nothing is doubted before the timeout.
  const short = new Handshake();
  await short.clock.stall(1_000);
  await short.clock.advance(20_000);
  assert.deepEqual(short.reports, ["2500 doubt", "3500 late"]);
});
