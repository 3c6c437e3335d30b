import assert from "node:assert/strict";
import { setUp } from "../support/memory_set_up.ts";
import { A, B, C, DAY, MINUTE, NOW, SECOND } from "../support/relay_records.ts";

Deno.test("a relay that fails backs off, longer each time, and comes back by itself", async () => {
  const { clock, fail, memory } = setUp();
  memory.connected(A, 100);
  memory.answered(A, 100);
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    fail(A);
    waits.push(memory.retryAt(A) - clock.now());
    await clock.advance(waits[i]);
    assert.ok(memory.retryAt(A) <= clock.now());
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000]);
  memory.connected(A, 100);
  memory.answered(A, 100);
  assert.equal(memory.retryAt(A), 0);
  fail(A);
  assert.equal(memory.retryAt(A) - clock.now(), 1_000, "all is forgiven");
});

Deno.test("a failure counts if another relay connected, answered or delivered since it was begun", () => {
  for (const [what, amount] of [["connected", 100], ["answered", 100], ["delivered", 1]] as const) {
    const { memory } = setUp();
    memory[what](B, amount);
    memory.failed(A, "unreachable", NOW);
    assert.equal(memory.record(A)?.inARow, 1, what);
  }
  const { memory } = setUp();
  memory.failed(B, "restricted", NOW);
  memory.failed(A, "unreachable", NOW);
  assert.equal(memory.record(A)?.inARow, 1, "a refusal is a sign of life as well");
});

Deno.test("a failure counts as of when it was, once another relay works within a minute", async () => {
  const { clock, memory } = setUp();
  memory.failed(A, "connect-timeout", NOW - 5 * SECOND);
  assert.equal(memory.record(A), undefined);
  await clock.advance(MINUTE);
  memory.connected(B, 50);
  const { attempts, inARow, lastFailure, downSince, retryAt } = memory.record(A)!;
  assert.deepEqual({ attempts, inARow, lastFailure, downSince }, {
    attempts: 1,
    inARow: 1,
    lastFailure: NOW,
    downSince: NOW,
  });
  assert.equal(retryAt, NOW + 8_000);
});

Deno.test("a total loss of network marks nobody dead: weights are as before, and all is tried soon", async () => {
  const { clock, memory } = setUp();
  const urls = Array.from({ length: 20 }, (_, i) => `wss://r${i}.example/`);
  for (const url of urls) {
    memory.connected(url, 100);
    memory.answered(url, 100);
  }
  await clock.advance(10 * MINUTE);
  const before = urls.map((url) => memory.weight(url, false));
  for (const url of urls) memory.failed(url, "disconnected", NOW);
  for (let i = 0; i < 10; i++) {
    await clock.advance(9 * SECOND);
    for (const url of urls) memory.failed(url, "unreachable", clock.now() - 10);
    for (const url of urls) memory.unanswered(url);
  }
  for (const url of urls) {
    const wait = memory.retryAt(url) - clock.now();
    assert.ok(wait > 0 && wait <= 5 * SECOND, `${wait}`);
  }
  await clock.advance(5 * SECOND);
  for (const url of urls.toReversed()) memory.connected(url, 100);
  for (const [i, url] of urls.entries()) {
    const { inARow, failures } = memory.record(url)!;
    assert.deepEqual({ inARow, failures }, { inARow: 0, failures: { disconnected: 1 } });
    assert.equal(memory.retryAt(url), 0);
    assert.ok(memory.weight(url, false) >= before[i] - 1e-6);
  }
});

Deno.test("as long as it may be the network's fault, a relay is left alone for a moment", async () => {
  const { clock, memory } = setUp();
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    memory.failed(A, "unreachable", clock.now());
    waits.push(memory.retryAt(A) - clock.now());
    await clock.advance(waits[i]);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 5_000, 5_000]);
  memory.connected(A, 100);
  assert.equal(memory.retryAt(A), 0);
});

Deno.test("an answer without an EOSE counts only if others answered meanwhile", () => {
  const { memory } = setUp();
  memory.unanswered(B);
  assert.equal(memory.record(B), undefined);
  memory.answered(C, 100);
  assert.equal(memory.record(B)?.noEose, 1);
  memory.unanswered(A);
  const { noEose, inVain, failures, inARow } = memory.record(A)!;
  assert.deepEqual({ noEose, inVain, inARow }, { noEose: 1, inVain: 1, inARow: 0 });
  assert.deepEqual(failures, { "no-answer": 1 });
});

Deno.test("another's answer is not taken for a sign of the network if it came before the deadline's time", async () => {
  const { clock, memory } = setUp();
  memory.answered(B, 100);
  await clock.advance(8 * SECOND + 1);
  memory.unanswered(A);
  assert.equal(memory.record(A), undefined);
});

Deno.test("a relay that never says EOSE is waited for less, and loses no weight if it delivers", () => {
  const { memory } = setUp();
  memory.connected(A, 100);
  const before = memory.weight(A, false);
  for (let i = 0; i < 2; i++) {
    memory.delivered(A, 10);
    memory.answered(B, 100);
    memory.unanswered(A);
  }
  assert.deepEqual(memory.deadlines(A), { connect: 2_000, soft: 1_000, hard: 3_000 });
  assert.equal(memory.weight(A, false), before);
});

Deno.test("a relay that always refuses, or is silent, loses weight without being held for dead", () => {
  for (const way of ["auth-required", "no-answer"] as const) {
    const { fail, memory } = setUp();
    memory.connected(A, 100);
    const weights = [memory.weight(A, false)];
    for (let i = 0; i < 3; i++) {
      fail(A, way);
      weights.push(memory.weight(A, false));
      assert.ok(weights[i + 1] < 0.45 * weights[i], way);
    }
    assert.equal(memory.retryAt(A), 0, way);
    assert.equal(memory.record(A)?.inARow, 0, way);
    memory.answered(A, 100);
    assert.ok(memory.weight(A, false) >= weights[0], way);
  }
});

Deno.test("what was begun in the future, or never, was begun now", () => {
  for (const startedAt of [NOW + DAY, NaN, Infinity]) {
    const { memory } = setUp();
    memory.connected(B, 100);
    memory.failed(A, "unreachable", startedAt);
    assert.equal(memory.record(A)?.inARow, 1, String(startedAt));
  }
});
