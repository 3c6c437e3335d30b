import assert from "node:assert/strict";
import { BACKOFFS, maxWaitMs } from "../../src/relays/backoff.ts";
import { formatRelayRecord } from "../../src/relays/relay_record_store.ts";
import { setUp } from "../support/memory_set_up.ts";
import { A, B, C, DAY_MS, HOUR_MS, NOW_MS, RecordMap, recordOf } from "../support/relay_records.ts";

Deno.test("RelayMemory weight() is below an alternative's after one refused connection in the last session, and near 0 after three", async () => {
  const { clock, fail, memory } = setUp();
  memory.connected(B, 100);
  memory.answered(B, 100);
  fail(A);
  await clock.advance(20 * HOUR_MS);
  assert.ok(memory.weight(A, false) < 0.2);
  assert.ok(memory.weight(B, false) > 1);
  for (let i = 0; i < 2; i++) {
    fail(A);
    await clock.advance(20 * HOUR_MS);
  }
  assert.ok(memory.weight(A, false) < 0.02);
  assert.ok(memory.weight(A, false) > 0);
});

Deno.test("RelayMemory weight() is higher with an open connection, whatever is known", () => {
  const { fail, memory } = setUp();
  memory.connected(A, 100);
  assert.ok(memory.weight(A, true) > memory.weight(A, false));
  fail(B);
  assert.ok(memory.weight(B, true) > 1);
});

Deno.test("RelayMemory weight() follows delivery once an hour, for all relays at one moment", async () => {
  const backend = new RecordMap([A, B].map((url) => [
    url,
    formatRelayRecord(
      recordOf({ attempts: 1, successes: 1, hits: 8, misses: 2, learnedAt: NOW_MS }),
    ),
  ]));
  const { clock, memory } = setUp({ backend });
  await memory.ready();
  const first = memory.weight(A, true);
  assert.equal(memory.weight(B, true), first);
  await clock.advance(HOUR_MS - 1);
  memory.learned(A, 50, 50);
  assert.equal(memory.weight(A, true), first);
  await clock.advance(1);
  const second = memory.weight(A, true);
  assert.ok(second < 0.8 * first);
  memory.learned(B, 50, 50);
  assert.ok(memory.weight(B, true) < 0.8 * first, "not weighed in this hour yet");
  await clock.advance(HOUR_MS - 1);
  memory.learned(A, 0, 50);
  assert.equal(memory.weight(A, true), second);
});

Deno.test("RelayMemory weight() of a relay that was unknown when the hour began stays, however it delivers", async () => {
  const { clock, memory } = setUp();
  memory.connected(A, 100);
  memory.connected(B, 100);
  const before = memory.weight(B, true);
  memory.learned(A, 1, 30);
  assert.equal(memory.weight(A, true), before);
  await clock.advance(HOUR_MS);
  assert.ok(memory.weight(A, true) < before / 2);
});

Deno.test("RelayMemory weight() counts delivery, or with learning: false does not", async () => {
  for (const [options, factor] of [[{}, 0.4 / 0.85], [{ learning: false }, 1]] as const) {
    const { clock, memory } = setUp(options);
    memory.connected(A, 100);
    const before = memory.weight(A, true);
    // With the prior, 40 of 100.
    memory.learned(A, 35.75, 59.25);
    await clock.advance(HOUR_MS);
    assert.ok(Math.abs(memory.weight(A, true) / before - factor) < 0.001);
  }
});

Deno.test("NIP-66: RelayMemory report() lowers the weight of a relay that never worked here, and is written once a day", async () => {
  const backend = new RecordMap();
  const { clock, memory } = setUp({ backend });
  await memory.ready();
  memory.report(A, 0.3);
  assert.equal(memory.weight(A, false), 0.3);
  assert.deepEqual([...memory.entries()], [], "it was never tried");
  await memory.flush();
  for (let i = 0; i < 5; i++) {
    await clock.advance(HOUR_MS);
    memory.report(A, 0.3);
  }
  await memory.flush();
  assert.equal(backend.writes.length, 1);
  await clock.advance(DAY_MS);
  memory.report(A, 0.3);
  await clock.advance(2 * DAY_MS);
  assert.equal(memory.weight(A, false), 0.3, "it was said again");
  memory.report(A, 1);
  assert.equal(memory.weight(A, false), 1);
});

Deno.test("NIP-66: RelayMemory report() makes no record of a healthy unknown relay, and drives no record out", () => {
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

Deno.test("RelayMemory survives a clock that is set back: no long wait, no change of weight", async () => {
  const { clock, fail, memory } = setUp();
  memory.connected(A, 100);
  memory.learned(A, 9, 1);
  for (let i = 0; i < 20; i++) fail(A);
  await clock.stall(-30 * DAY_MS);
  const wait = memory.retryAt(A) - clock.now();
  assert.ok(wait <= maxWaitMs(BACKOFFS.unusable), `${wait}`);
  const weight = memory.weight(A, false);
  assert.equal(memory.weight(A, false), weight);
  memory.failed(A, "unreachable", clock.now());
  memory.connected(B, 100);
  memory.connected(A, 100);
  assert.ok(memory.weight(A, false) > 0.5);
});
