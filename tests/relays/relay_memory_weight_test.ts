import assert from "node:assert/strict";
import { LONGEST_BACKOFF } from "../../src/relays/relay_health.ts";
import { formatRelayRecord } from "../../src/relays/relay_record_store.ts";
import { createRandom } from "../../testing/random.ts";
import { setUp } from "../support/memory_set_up.ts";
import { A, B, C, DAY, HOUR, NOW, RecordMap, recordOf } from "../support/relay_records.ts";

Deno.test("after one refused connection in the session before an alternative wins, after three it is out", async () => {
  const { clock, fail, memory } = setUp();
  memory.connected(B, 100);
  memory.answered(B, 100);
  fail(A);
  await clock.advance(20 * HOUR);
  assert.ok(memory.weight(A, false) < 0.2);
  assert.ok(memory.weight(B, false) > 1);
  for (let i = 0; i < 2; i++) {
    fail(A);
    await clock.advance(20 * HOUR);
  }
  assert.ok(memory.weight(A, false) < 0.02);
  assert.ok(memory.weight(A, false) > 0);
});

Deno.test("a connection that stands is worth something, whatever is known", () => {
  const { fail, memory } = setUp();
  memory.connected(A, 100);
  assert.ok(memory.weight(A, true) > memory.weight(A, false));
  fail(B);
  assert.ok(memory.weight(B, true) > 1);
});

Deno.test("what was learned of delivery is drawn for once, and again after an hour", async () => {
  const backend = new RecordMap([A, B].map((url) => [
    url,
    formatRelayRecord(recordOf({ attempts: 1, successes: 1, hits: 8, misses: 2, learnedAt: NOW })),
  ]));
  const random = createRandom(1);
  const { clock, memory } = setUp({ backend, random });
  await memory.ready();
  const health = (url: string) => memory.weight(url, false) / memory.weight(url, true);
  const first = memory.weight(A, true);
  assert.notEqual(memory.weight(B, true), first, "each has its own");
  assert.ok(health(A) > 0);
  await clock.advance(HOUR - 1);
  memory.learned(A, 50, 50);
  assert.equal(memory.weight(A, true), first);
  await clock.advance(1);
  const second = memory.weight(A, true);
  assert.notEqual(second, first);
  await clock.advance(HOUR - 1);
  assert.equal(memory.weight(A, true), second);

  const later = setUp({ backend, random });
  await later.memory.ready();
  assert.notEqual(later.memory.weight(A, true), first, "another session, another draw");
});

Deno.test("who was unknown when the hour began keeps its weight, however it delivers", async () => {
  const { clock, memory } = setUp({ random: createRandom(2) });
  memory.connected(A, 100);
  memory.connected(B, 100);
  const before = memory.weight(B, true);
  memory.learned(A, 1, 30);
  assert.equal(memory.weight(A, true), before);
  await clock.advance(HOUR);
  assert.ok(memory.weight(A, true) < before / 2);
});

Deno.test("delivery counts as the rule says, or not at all", async () => {
  const score = ({ a, b }: { a: number; b: number }) => a / (a + b);
  for (const [options, factor] of [[{ score }, 0.4 / 0.85], [{ learning: false }, 1]] as const) {
    const { clock, memory } = setUp(options);
    memory.connected(A, 100);
    const before = memory.weight(A, true);
    // With the prior, 40 of 100.
    memory.learned(A, 35.75, 59.25);
    await clock.advance(HOUR);
    assert.ok(Math.abs(memory.weight(A, true) / before - factor) < 0.001);
  }
});

Deno.test("NIP-66: reports lower the weight of who never worked here, and are written once a day", async () => {
  const backend = new RecordMap();
  const { clock, memory } = setUp({ backend });
  await memory.ready();
  memory.report(A, 0.3);
  assert.equal(memory.weight(A, false), 0.3);
  assert.deepEqual([...memory.entries()], [], "it was never tried");
  await memory.flush();
  for (let i = 0; i < 5; i++) {
    await clock.advance(HOUR);
    memory.report(A, 0.3);
  }
  await memory.flush();
  assert.equal(backend.writes.length, 1);
  await clock.advance(DAY);
  memory.report(A, 0.3);
  await clock.advance(2 * DAY);
  assert.equal(memory.weight(A, false), 0.3, "it was said again");
  memory.report(A, 1);
  assert.equal(memory.weight(A, false), 1);
});

Deno.test("NIP-66: a relay that is well and unknown needs no record, and no report drives one out", () => {
  const { memory } = setUp({ max: 2 });
  memory.report(A, 1);
  assert.equal(memory.record(A), undefined);
  memory.connected(B, 100);
  memory.connected(C, 100);
  memory.report(A, 0.3);
  assert.equal(memory.record(A), undefined);
  memory.report(B, 0.3);
  assert.equal(memory.record(B)?.reports, 0.3);
});

Deno.test("a clock that was set back keeps nobody waiting, and nobody drawing", async () => {
  const { clock, fail, memory } = setUp({ random: createRandom(3) });
  memory.connected(A, 100);
  memory.learned(A, 9, 1);
  for (let i = 0; i < 20; i++) fail(A);
  await clock.stall(-30 * DAY);
  const wait = memory.retryAt(A) - clock.now();
  assert.ok(wait <= LONGEST_BACKOFF, `${wait}`);
  const weight = memory.weight(A, false);
  assert.equal(memory.weight(A, false), weight);
  memory.failed(A, "unreachable", clock.now());
  memory.connected(B, 100);
  memory.connected(A, 100);
  assert.ok(memory.weight(A, false) > 0.5);
});
