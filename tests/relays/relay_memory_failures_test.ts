import assert from "node:assert/strict";
import { setUp } from "../support/memory_set_up.ts";
import {
  A,
  B,
  C,
  DAY_MS,
  MINUTE_MS,
  NOW_MS,
  RecordMap,
  SECOND_MS,
} from "../support/relay_records.ts";

Deno.test("RelayMemory failed() makes a relay back off, longer the longer it is down, and it comes back by itself", async () => {
  const { clock, fail, memory } = setUp();
  memory.connected(A, 100);
  memory.answered(A, 100);
  for (const [lasted, wait] of [[0, 1], [1, 1], [60, 6], [600, 60], [3_600, 360], [6_000, 600]]) {
    await clock.advance(NOW_MS + lasted * SECOND_MS - clock.now());
    fail(A);
    assert.equal(memory.retryAt(A) - clock.now(), wait * SECOND_MS, `${lasted}`);
    assert.equal(memory.record(A)?.inARow, 1, "it is one outage");
  }
  await clock.advance(600 * SECOND_MS);
  assert.ok(memory.retryAt(A) <= clock.now());
  memory.connected(A, 100);
  memory.answered(A, 100);
  assert.equal(memory.retryAt(A), 0);
  fail(A);
  assert.equal(memory.retryAt(A) - clock.now(), 1_000, "all is forgiven");
});

Deno.test("W2: RelayMemory counts an outage once, however many operations fail, also over a restart", async () => {
  const backend = new RecordMap();
  const { clock, fail, memory } = setUp({ backend });
  await memory.ready();
  memory.connected(A, 100);
  memory.answered(A, 100);
  await clock.advance(MINUTE_MS);
  for (let i = 0; i < 5; i++) memory.failed(A, "disconnected", NOW_MS);
  memory.connected(B, 100);
  for (let i = 0; i < 100; i++) {
    await clock.advance(30);
    fail(A, i % 2 ? "unreachable" : "connect-timeout");
  }
  const { inARow, attempts, downSince, failures, retryAt } = memory.record(A)!;
  assert.deepEqual({ inARow, attempts, downSince }, {
    inARow: 1,
    attempts: 2,
    downSince: NOW_MS + MINUTE_MS,
  });
  assert.deepEqual(failures, { disconnected: 1, "connect-timeout": 1 });
  assert.equal(retryAt - clock.now(), SECOND_MS);
  await memory.close();
  const again = setUp({ backend });
  await again.memory.ready();
  await again.clock.advance(2 * MINUTE_MS);
  again.fail(A);
  assert.equal(again.memory.record(A)?.inARow, 1);
  assert.equal(again.memory.retryAt(A) - again.clock.now(), 6 * SECOND_MS, "down for a minute");
});

Deno.test("RelayMemory failed() counts if another relay connected, answered or delivered since the operation was begun", () => {
  for (const [what, amount] of [["connected", 100], ["answered", 100], ["delivered", 1]] as const) {
    const { memory } = setUp();
    memory[what](B, amount);
    memory.failed(A, "unreachable", NOW_MS);
    assert.equal(memory.record(A)?.inARow, 1, what);
  }
  const { memory } = setUp();
  memory.failed(B, "restricted", NOW_MS);
  memory.failed(A, "unreachable", NOW_MS);
  assert.equal(memory.record(A)?.inARow, 1, "a refusal is a sign of life as well");
});

Deno.test("RelayMemory failed() counts as of its time, once another relay works within a minute", async () => {
  const { clock, memory } = setUp();
  memory.failed(A, "connect-timeout", NOW_MS - 5 * SECOND_MS);
  assert.equal(memory.record(A), undefined);
  await clock.advance(MINUTE_MS);
  memory.connected(B, 50);
  const { attempts, inARow, lastFailure, downSince, retryAt } = memory.record(A)!;
  assert.deepEqual({ attempts, inARow, lastFailure, downSince }, {
    attempts: 1,
    inARow: 1,
    lastFailure: NOW_MS,
    downSince: NOW_MS,
  });
  assert.equal(retryAt, NOW_MS + 8_000);
});

Deno.test("RelayMemory marks no relay dead in a total outage: weights are as before, and all are tried soon", async () => {
  const { clock, memory } = setUp();
  const urls = Array.from({ length: 20 }, (_, i) => `wss://r${i}.example/`);
  for (const url of urls) {
    memory.connected(url, 100);
    memory.answered(url, 100);
  }
  await clock.advance(10 * MINUTE_MS);
  const before = urls.map((url) => memory.weight(url, false));
  for (const url of urls) memory.failed(url, "disconnected", NOW_MS);
  for (let i = 0; i < 10; i++) {
    await clock.advance(9 * SECOND_MS);
    for (const url of urls) memory.failed(url, "unreachable", clock.now() - 10);
    for (const url of urls) memory.unanswered(url);
  }
  for (const url of urls) {
    const wait = memory.retryAt(url) - clock.now();
    assert.ok(wait > 0 && wait <= 5 * SECOND_MS, `${wait}`);
  }
  await clock.advance(5 * SECOND_MS);
  for (const url of urls.toReversed()) memory.connected(url, 100);
  for (const [i, url] of urls.entries()) {
    const { inARow, failures } = memory.record(url)!;
    assert.deepEqual({ inARow, failures }, { inARow: 0, failures: { disconnected: 1 } });
    assert.equal(memory.retryAt(url), 0);
    assert.ok(memory.weight(url, false) >= before[i] - 1e-6);
  }
});

Deno.test("RelayMemory retryAt() is a moment away as long as the failure may be the network's fault", async () => {
  const { clock, memory } = setUp();
  for (const [lasted, wait] of [[0, 1_000], [5, 1_000], [30, 3_000], [50, 5_000], [900, 5_000]]) {
    await clock.advance(NOW_MS + lasted * SECOND_MS - clock.now());
    memory.failed(A, "unreachable", clock.now());
    assert.equal(memory.retryAt(A) - clock.now(), wait, `${lasted}`);
  }
  memory.connected(A, 100);
  assert.equal(memory.retryAt(A), 0);
});

Deno.test("W2: RelayMemory failed() blames no relay for what failed while the program did not run", () => {
  const { memory } = setUp({ hasStalledSince: (since) => since < NOW_MS });
  memory.connected(B, 100);
  for (const failure of ["unreachable", "connect-timeout", "disconnected", "no-answer"] as const) {
    memory.failed(A, failure, NOW_MS - 1);
    assert.equal(memory.record(A), undefined, failure);
    assert.equal(memory.retryAt(A), 0);
  }
  memory.failed(A, "restricted", NOW_MS - 1);
  assert.deepEqual(memory.record(A)?.failures, { restricted: 1 }, "an answer is an answer");
  memory.failed(C, "unreachable", NOW_MS);
  assert.equal(memory.record(C)?.inARow, 1);
});

Deno.test("RelayMemory unanswered() counts only if others answered meanwhile", () => {
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

Deno.test("RelayMemory unanswered() does not count for an answer of another relay before the deadline began", async () => {
  const { clock, memory } = setUp();
  memory.answered(B, 100);
  await clock.advance(8 * SECOND_MS + 1);
  memory.unanswered(A);
  assert.equal(memory.record(A), undefined);
});

Deno.test("RelayMemory unanswered() shortens the deadlines, and lowers no weight if the relay delivers", () => {
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

Deno.test("RelayMemory lowers the weight of a relay that always refuses or is silent, but does not take it for dead", () => {
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

Deno.test("RelayMemory failed() takes a start in the future, or none, for now", () => {
  for (const startedAt of [NOW_MS + DAY_MS, NaN, Infinity]) {
    const { memory } = setUp();
    memory.connected(B, 100);
    memory.failed(A, "unreachable", startedAt);
    assert.equal(memory.record(A)?.inARow, 1, String(startedAt));
  }
});
