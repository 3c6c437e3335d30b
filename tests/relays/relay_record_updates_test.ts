import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayFailure } from "../../src/nostr/relay_failure.ts";
import { BACKOFFS, maxWaitMs } from "../../src/relays/backoff.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import {
  answered,
  connected,
  delivered,
  failed,
  isAnswer,
  unanswered,
} from "../../src/relays/relay_record_updates.ts";
import {
  FAILURES,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  recordOf,
  records,
  SECOND_MS,
} from "../support/relay_records.ts";

const even = () => 0.5;

/** What becomes of a record by a failure now, of something begun a second ago if not said otherwise. */
function fail(
  record: RelayRecord,
  failure: RelayFailure,
  startedAt = NOW_MS - SECOND_MS,
  now = NOW_MS,
) {
  return failed(record, failure, { startedAt, now }, even);
}

const OUTAGES: RelayFailure[] = ["unreachable", "connect-timeout", "disconnected", "flood", "junk"];
const REFUSALS: RelayFailure[] = [
  "auth-required",
  "restricted",
  "rate-limited",
  "blocked",
  "invalid",
  "unsupported",
  "error",
  "closed",
];
const down = recordOf({
  attempts: 3,
  inARow: 3,
  downSince: NOW_MS - HOUR_MS,
  lastFailure: NOW_MS - MINUTE_MS,
  retryAt: NOW_MS + MINUTE_MS,
});

Deno.test("connected() counts, measures, and ends the back-off", () => {
  const record = connected(UNKNOWN_RELAY, 400, NOW_MS);
  assert.deepEqual(
    record,
    recordOf({
      attempts: 1,
      successes: 1,
      lastSuccess: NOW_MS,
      connectMs: { mean: 400, dev: 200 },
      days: [[Math.floor(NOW_MS / 86_400_000), 1, 1, 0, 0]],
    }),
  );
  const { retryAt, inARow, attempts } = connected(down, 400, NOW_MS);
  assert.deepEqual({ retryAt, inARow, attempts }, { retryAt: 0, inARow: 0, attempts: 4 });
  const { connectMs } = connected(record, undefined, NOW_MS);
  assert.deepEqual(connectMs, record.connectMs, "that time is not known");
});

Deno.test("answered() ends the count of failures", () => {
  const bad = { ...down, unproven: 2, noEose: 3, inVain: 2 };
  assert.deepEqual(
    answered(bad, 900, NOW_MS),
    {
      ...bad,
      inARow: 0,
      unproven: 0,
      downSince: 0,
      retryAt: 0,
      noEose: 0,
      inVain: 0,
      answeredAt: NOW_MS,
      lastSuccess: NOW_MS,
      eoseMs: { mean: 900, dev: 450 },
    },
  );
});

Deno.test("delivered() counts events, and ends the count of failures", () => {
  const record = delivered({ ...down, noEose: 3, inVain: 2, events: 5 }, 7, NOW_MS);
  const { events, inARow, retryAt, inVain, noEose, lastSuccess, answeredAt } = record;
  assert.deepEqual({ events, inARow, retryAt, inVain }, {
    events: 12,
    inARow: 0,
    retryAt: 0,
    inVain: 0,
  });
  assert.equal(noEose, 3, "it still did not say EOSE");
  assert.deepEqual([lastSuccess, answeredAt], [NOW_MS, NOW_MS]);
});

Deno.test("unanswered() counts as in vain only if nothing came in time", () => {
  const record = recordOf({ eoseMs: { mean: 1_000, dev: 500 } });
  const silent = unanswered(record, NOW_MS);
  assert.deepEqual(
    silent,
    {
      ...record,
      failures: { "no-answer": 1 },
      lastFailure: NOW_MS,
      lastProof: "unknown",
      noEose: 1,
      inVain: 1,
      eoseMs: { mean: 1_000, dev: 1_000 },
    },
  );
  assert.equal(unanswered({ ...record, answeredAt: NOW_MS - 5 * SECOND_MS }, NOW_MS).inVain, 0);
  assert.equal(unanswered({ ...record, answeredAt: NOW_MS - 7 * SECOND_MS }, NOW_MS).inVain, 1);
  assert.deepEqual(fail(record, "no-answer"), silent);
});

Deno.test("W2: failed() counts an outage once, and backs off by how long it lasts", () => {
  let record = connected(UNKNOWN_RELAY, 100, NOW_MS - HOUR_MS);
  record = answered(record, 100, NOW_MS - HOUR_MS);
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const now = NOW_MS + i * MINUTE_MS;
    record = fail(record, "unreachable", now, now);
    pauses.push((record.retryAt - now) / SECOND_MS);
  }
  assert.deepEqual(pauses, [1, 6, 12, 18, 24]);
  const { attempts, successes, inARow, downSince, lastFailure, failures } = record;
  assert.deepEqual({ attempts, successes, inARow }, { attempts: 2, successes: 1, inARow: 1 });
  assert.deepEqual([downSince, lastFailure], [NOW_MS, NOW_MS + 4 * MINUTE_MS]);
  assert.deepEqual(failures, { unreachable: 1 });
});

Deno.test("failed() counts another outage if nobody has tried the relay for more than an hour", () => {
  let record = answered(connected(UNKNOWN_RELAY, 100, NOW_MS), 100, NOW_MS);
  for (let i = 1; i <= 3; i++) {
    const now = NOW_MS + i * 20 * HOUR_MS;
    record = fail(record, "unreachable", now, now);
    assert.deepEqual([record.inARow, record.failures, record.retryAt], [
      i,
      { unreachable: i },
      now + SECOND_MS,
    ]);
    assert.equal(record.downSince, NOW_MS + 20 * HOUR_MS, "since the first");
    record = fail(record, "unreachable", now, now + HOUR_MS);
    assert.equal(record.inARow, i);
  }
});

Deno.test("W2: failed() takes connections that end together for one outage, which the next attempt makes a failure", () => {
  const works = answered(connected(UNKNOWN_RELAY, 50, NOW_MS), 50, NOW_MS + SECOND_MS);
  let record = works;
  const at = NOW_MS + MINUTE_MS;
  for (let i = 0; i < 5; i++) record = fail(record, "disconnected", NOW_MS, at + i);
  assert.deepEqual([record.inARow, record.retryAt, record.failures], [0, 0, { disconnected: 1 }]);
  record = fail(record, "unreachable", at + SECOND_MS, at + SECOND_MS);
  assert.deepEqual([record.inARow, record.downSince], [1, at]);
  const late = fail(record, "disconnected", NOW_MS, at + MINUTE_MS);
  assert.deepEqual(late, { ...record, lastFailure: at + MINUTE_MS }, "a connection from before");
  const back = delivered(connected(late, 50, at + 2 * MINUTE_MS), 1, at + 2 * MINUTE_MS);
  assert.deepEqual([back.inARow, back.outageSince, back.downSince], [0, 0, 0]);
});

Deno.test("failed() as disconnected ends an outage if the connection lasted a minute, or nobody has tried for an hour", () => {
  const outage = fail(connected(UNKNOWN_RELAY, 50, NOW_MS), "unreachable", NOW_MS, NOW_MS);
  const again = connected(outage, 50, NOW_MS + MINUTE_MS);
  const lasted = fail(again, "disconnected", NOW_MS + MINUTE_MS, NOW_MS + 2 * MINUTE_MS);
  const late = fail(again, "disconnected", NOW_MS - MINUTE_MS, NOW_MS + HOUR_MS + 1);
  for (const [record, now] of [[lasted, 2 * MINUTE_MS], [late, HOUR_MS + 1]] as const) {
    assert.deepEqual([record.inARow, record.unproven, record.downSince], [0, 0, 0]);
    assert.deepEqual([record.outageSince, record.failures.disconnected], [NOW_MS + now, 1]);
  }
});

Deno.test("failed() waits longer for a relay that never worked", () => {
  const pause = (record: RelayRecord) => fail(record, "unreachable").retryAt - NOW_MS;
  assert.equal(pause(UNKNOWN_RELAY), 8 * SECOND_MS);
  assert.equal(pause(connected(UNKNOWN_RELAY, 9, NOW_MS)), 1 * SECOND_MS);
});

Deno.test("failed() as connect-timeout makes the next deadline later", () => {
  const record = recordOf({ connectMs: { mean: 300, dev: 100 }, eoseMs: { mean: 300, dev: 100 } });
  const late = fail(record, "connect-timeout");
  assert.deepEqual(late.connectMs, { mean: 300, dev: 200 });
  assert.deepEqual(late.eoseMs, record.eoseMs);
  assert.deepEqual(fail(record, "unreachable").connectMs, record.connectMs);
  assert.ok(!("connectMs" in fail(UNKNOWN_RELAY, "connect-timeout")));
});

Deno.test("failed() counts failures to connect as attempts, and no others", () => {
  for (const failure of FAILURES) {
    const isAttempt = failure === "unreachable" || failure === "connect-timeout";
    assert.equal(fail(UNKNOWN_RELAY, failure).attempts, isAttempt ? 1 : 0, failure);
    assert.deepEqual(fail(UNKNOWN_RELAY, failure).failures, { [failure]: 1 });
    assert.equal(fail(UNKNOWN_RELAY, failure).lastFailure, NOW_MS);
  }
});

Deno.test("connected() does not end the back-off of a relay that ends each connection at once", () => {
  let record = UNKNOWN_RELAY;
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const now = NOW_MS + i * 30 * MINUTE_MS;
    record = connected(record, 50, now);
    assert.equal(record.inARow, 0, "for all we know it works");
    record = fail(record, "disconnected", now, now + 10);
    pauses.push((record.retryAt - now - 10) / SECOND_MS);
  }
  assert.deepEqual(pauses, [1, 180, 360, 540, 720]);
  assert.equal(record.inARow, 1);
  assert.equal(record.downSince, NOW_MS + 10, "since the first");
});

Deno.test("failed() as disconnected after a useful connection is no failure", () => {
  const lasted = fail(connected(down, 50, NOW_MS - MINUTE_MS), "disconnected", NOW_MS - MINUTE_MS);
  const short = connected(down, 50, NOW_MS - 2 * SECOND_MS);
  const answers = fail(
    answered(short, 50, NOW_MS - SECOND_MS),
    "disconnected",
    NOW_MS - 2 * SECOND_MS,
  );
  for (const { inARow, unproven, retryAt, failures } of [lasted, answers]) {
    assert.deepEqual({ inARow, unproven }, { inARow: 0, unproven: 0 });
    assert.equal(retryAt, 0, "the next attempt will show more");
    assert.deepEqual(failures, { disconnected: 1 });
  }
  const before = { ...short, answeredAt: NOW_MS - 3 * SECOND_MS };
  assert.equal(
    fail(before, "disconnected", NOW_MS - 2 * SECOND_MS).inARow,
    4,
    "that was another time",
  );
  assert.equal(fail(short, "disconnected", NOW_MS - MINUTE_MS + 1).inARow, 4);
});

Deno.test("failed() as flood or junk backs off even if the relay answered", () => {
  const record = answered(connected(UNKNOWN_RELAY, 50, NOW_MS - HOUR_MS), 50, NOW_MS - SECOND_MS);
  for (const failure of ["flood", "junk"] as const) {
    assert.equal(fail(record, failure, NOW_MS - HOUR_MS).inARow, 1);
  }
});

Deno.test("failed() with a refusal takes the relay for alive, and the request for in vain", () => {
  for (const failure of REFUSALS) {
    const record = fail({ ...down, unproven: 1, inVain: 1 }, failure);
    const { inARow, unproven, retryAt, inVain, answeredAt } = record;
    assert.deepEqual(
      { inARow, unproven, retryAt },
      { inARow: 0, unproven: 0, retryAt: 0 },
      failure,
    );
    assert.equal(inVain, 2, failure);
    assert.equal(answeredAt, NOW_MS, failure);
  }
});

Deno.test("failed() with a reason about one event is only counted", () => {
  for (const failure of ["no-ok", "duplicate", "pow", "mute"] as const) {
    const counted = { failures: { [failure]: 1 }, lastFailure: NOW_MS };
    assert.deepEqual(fail(down, failure), { ...down, ...counted });
  }
});

Deno.test("isAnswer() holds for failures that only a living relay can cause", () => {
  assert.deepEqual(
    FAILURES.filter((failure) => !isAnswer(failure)),
    ["unreachable", "connect-timeout", "no-answer", "no-ok", "disconnected"],
  );
});

Deno.test("Record updates mutate nothing, never lower counts, and bound the back-off, whatever happens", () => {
  const happening = fc.oneof(
    fc.constantFrom(connected, answered).chain((change) =>
      fc.nat({ max: 9_000 }).map((ms) => (record: RelayRecord) => change(record, ms, NOW_MS))
    ),
    fc.constant((record: RelayRecord) => unanswered(record, NOW_MS)),
    fc.constant((record: RelayRecord) => delivered(record, 3, NOW_MS)),
    fc.tuple(fc.constantFrom(...FAILURES), fc.nat({ max: HOUR_MS })).map(
      ([failure, age]) => (record: RelayRecord) => fail(record, failure, NOW_MS - age),
    ),
  );
  fc.assert(fc.property(records, fc.array(happening, { maxLength: 30 }), (first, all) => {
    let record: RelayRecord = { ...first, retryAt: 0 };
    for (const happens of all) {
      const before = structuredClone(record);
      const after = happens(Object.freeze(record));
      assert.deepEqual(record, before);
      for (const name of ["attempts", "successes", "events", "lastFailure"] as const) {
        assert.ok(after[name] >= Math.min(before[name], NOW_MS), name);
      }
      for (const name of ["inARow", "unproven", "noEose", "inVain"] as const) {
        assert.ok(after[name] >= 0, name);
      }
      assert.ok(after.retryAt <= NOW_MS + maxWaitMs(BACKOFFS.unusable));
      if (after.inARow > before.inARow) assert.ok(after.retryAt > NOW_MS);
      if (after.inARow + after.unproven > before.inARow + before.unproven) {
        assert.ok(OUTAGES.some((failure) => after.failures[failure] !== before.failures[failure]));
      }
      record = after;
    }
  }));
});

Deno.test("answered() and unanswered() note what the last answer proved", () => {
  const finished = answered(UNKNOWN_RELAY, 100, 1_000, "finish");
  assert.equal(finished.lastProof, "finish");
  assert.equal(unanswered(finished, 2_000).lastProof, "unknown");
  assert.equal(UNKNOWN_RELAY.lastProof, undefined);
});
