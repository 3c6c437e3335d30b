import fc from "fast-check";
import assert from "node:assert/strict";
import { BACKOFFS, maxWaitMs } from "../../src/relays/backoff.ts";
import type { RelayRecord } from "../../src/relays/relay_record.ts";
import { formatRelayRecord, parseRelayRecord } from "../../src/relays/relay_record_store.ts";
import { createRandom } from "../../testing/random.ts";
import { setUp } from "../support/memory_set_up.ts";
import {
  A,
  B,
  C,
  DAY_MS,
  FAILURES,
  NOW_MS,
  RecordMap,
  recordOf,
} from "../support/relay_records.ts";

Deno.test("RelayMemory has no record of an unknown relay, and its weight is 1", () => {
  const { clock, memory } = setUp();
  assert.equal(memory.record(A), undefined);
  assert.equal(memory.weight(A, false), 1);
  assert.equal(memory.retryAt(A), 0);
  assert.deepEqual(memory.limits(A), {});
  assert.deepEqual(memory.deadlines(A), { connect: 5_000, soft: 3_000, hard: 8_000 });
  assert.deepEqual([...memory.entries()], []);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayMemory remembers what a relay does", () => {
  const { memory } = setUp();
  memory.connected(A, 400);
  memory.answered(A, 800);
  memory.delivered(A, 20);
  memory.delivered(A, 5);
  memory.failed(A, "auth-required", NOW_MS);
  const expected = recordOf({
    attempts: 1,
    successes: 1,
    lastSuccess: NOW_MS,
    answeredAt: NOW_MS,
    lastFailure: NOW_MS,
    connectMs: { mean: 400, dev: 200 },
    eoseMs: { mean: 800, dev: 400 },
    events: 25,
    failures: { "auth-required": 1 },
    inVain: 1,
    days: [[Math.floor(NOW_MS / 86_400_000), 1, 1, 0, 0]],
  });
  assert.deepEqual(memory.record(A), expected);
  assert.deepEqual([...memory.entries()], [[A, expected]]);
  assert.deepEqual(memory.deadlines(A), { connect: 2_000, soft: 2_400, hard: 4_800 });
});

Deno.test("RelayMemory does not remember nonsense", () => {
  const { memory } = setUp();
  for (const bad of [NaN, -1, 0, Infinity]) memory.delivered(A, bad);
  for (const bad of [NaN, -1, Infinity]) {
    memory.learned(A, bad, 1);
    memory.learned(A, 1, bad);
    memory.report(A, bad);
  }
  memory.learned(A, 0, 0);
  memory.report(A, 0);
  memory.report(A, 1.5);
  assert.equal(memory.record(A), undefined);
  memory.connected(A, NaN);
  memory.answered(A, -5);
  assert.ok(!("connectMs" in memory.record(A)!) && !("eoseMs" in memory.record(A)!));
  memory.learnLimits(A, { maxFilters: NaN, cutAt: -1 });
  assert.deepEqual(memory.limits(A), {});
});

Deno.test("RelayMemory learns limits, also from descriptions, each relay's separately", async () => {
  const { clock, memory } = setUp();
  memory.learnLimits(A, { maxFilters: 10 });
  memory.learnLimits(A, { cutAt: 300 });
  assert.deepEqual(memory.limits(A), { maxFilters: 10, cutAt: 300 });
  memory.informed(A, { maxSubscriptions: 20, cutAt: 500 });
  assert.deepEqual(memory.limits(A), { maxFilters: 10, maxSubscriptions: 20, cutAt: 300 });
  assert.equal(memory.record(A)?.infoAt, NOW_MS);
  await clock.advance(7 * DAY_MS);
  memory.informed(A, {});
  assert.deepEqual(memory.limits(A), { cutAt: 300 });
  assert.equal(memory.record(A)?.infoAt, NOW_MS + 7 * DAY_MS);
  assert.deepEqual(memory.limits(B), {});
});

Deno.test("RelayMemory is bounded, and forgets the relays that were changed least recently", () => {
  const { memory } = setUp({ max: 3 });
  for (const url of [A, B, C]) memory.connected(url, 100);
  memory.answered(A, 100);
  memory.connected("wss://d.example/", 100);
  assert.deepEqual([...memory.entries()].map(([url]) => url), [C, A, "wss://d.example/"]);
  assert.equal(memory.weight(B, false), 1);
});

Deno.test("RelayMemory survives a restart", async () => {
  const backend = new RecordMap();
  const first = setUp({ backend });
  await first.memory.ready();
  first.memory.connected(A, 400);
  first.memory.answered(A, 800);
  first.memory.learned(A, 8, 2);
  first.memory.learnLimits(A, { maxFilters: 10 });
  first.fail(B);
  await first.memory.close();
  const second = setUp({ backend });
  await second.memory.ready();
  assert.deepEqual([...second.memory.entries()], [...first.memory.entries()]);
  assert.equal(second.memory.retryAt(B), first.memory.retryAt(B));
  assert.deepEqual([...first.errors, ...second.errors], []);
});

Deno.test("RelayMemory close() leaves no timer, and what comes after it sets none", async () => {
  const backend = new RecordMap();
  const { clock, memory } = setUp({ backend });
  memory.connected(A, 100);
  assert.equal(clock.pending, 1);
  await memory.close();
  assert.equal(clock.pending, 0);
  assert.equal(backend.records.size, 1);
  memory.failed(A, "unreachable", NOW_MS);
  memory.connected(B, 100);
  assert.equal(clock.pending, 0);
  assert.equal(memory.weight(B, true) > 1, true);
});

Deno.test("RelayMemory keeps weights above 0, ends each back-off, and comes back from its text, whatever happens", async () => {
  const url = fc.constantFrom(A, B, C);
  const amount = fc.nat({ max: 20_000 });
  const step = fc.oneof(
    fc.record({ what: fc.constantFrom("connected", "answered", "delivered"), url, amount }),
    fc.record({ what: fc.constantFrom(...FAILURES), url, amount }),
    fc.record({ what: fc.constantFrom("unanswered", "learned", "pass", "reported"), url, amount }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer(), async (steps, seed) => {
      const backend = new RecordMap();
      const { clock, errors, memory } = setUp({ backend, random: createRandom(seed) });
      await memory.ready();
      for (const { what, url, amount } of steps) {
        if (what === "pass") clock.stall(amount * 100);
        else if (what === "unanswered") memory.unanswered(url);
        else if (what === "learned") memory.learned(url, amount % 7, amount % 5);
        else if (what === "reported") memory.report(url, amount % 2 ? 0.3 : 1);
        else if (what === "connected" || what === "answered" || what === "delivered") {
          memory[what](url, amount);
        } else memory.failed(url, what as "closed", clock.now() - amount);
        for (const url of [A, B, C]) {
          for (const isOpen of [true, false]) assert.ok(memory.weight(url, isOpen) > 0);
          assert.ok(memory.retryAt(url) <= clock.now() + maxWaitMs(BACKOFFS.unusable));
        }
      }
      await memory.close();
      const again = setUp({ backend });
      await again.memory.ready();
      const rounded = (record?: RelayRecord) => parseRelayRecord(formatRelayRecord(record!));
      for (const [url, record] of memory.entries()) {
        assert.deepEqual(again.memory.record(url), rounded(record));
      }
      assert.deepEqual([...errors, ...again.errors], []);
      assert.equal(clock.pending, 0);
    }),
    { numRuns: 200 },
  );
});
