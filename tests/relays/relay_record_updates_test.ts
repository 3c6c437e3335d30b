import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayFailure } from "../../src/nostr/types.ts";
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
  HOUR,
  MINUTE,
  NOW,
  recordOf,
  records,
  SECOND,
} from "../support/relay_records.ts";

const even = () => 0.5;

/** What becomes of a record by a failure now, of something begun a second ago if not said otherwise. */
function fail(record: RelayRecord, failure: RelayFailure, startedAt = NOW - SECOND, now = NOW) {
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
  downSince: NOW - HOUR,
  lastFailure: NOW - MINUTE,
  retryAt: NOW + MINUTE,
});

Deno.test("connected() counts, measures, and ends the back-off", () => {
  const record = connected(UNKNOWN_RELAY, 400, NOW);
  assert.deepEqual(
    record,
    recordOf({
      attempts: 1,
      successes: 1,
      lastSuccess: NOW,
      connectMs: { mean: 400, dev: 200 },
    }),
  );
  const { retryAt, inARow, attempts } = connected(down, 400, NOW);
  assert.deepEqual({ retryAt, inARow, attempts }, { retryAt: 0, inARow: 0, attempts: 4 });
});

Deno.test("answered() makes up for all that was before", () => {
  const bad = { ...down, unproven: 2, noEose: 3, inVain: 2 };
  assert.deepEqual(
    answered(bad, 900, NOW),
    {
      ...bad,
      inARow: 0,
      unproven: 0,
      downSince: 0,
      retryAt: 0,
      noEose: 0,
      inVain: 0,
      answeredAt: NOW,
      lastSuccess: NOW,
      eoseMs: { mean: 900, dev: 450 },
    },
  );
});

Deno.test("delivered() counts events, and makes up for failures", () => {
  const record = delivered({ ...down, noEose: 3, inVain: 2, events: 5 }, 7, NOW);
  const { events, inARow, retryAt, inVain, noEose, lastSuccess, answeredAt } = record;
  assert.deepEqual({ events, inARow, retryAt, inVain }, {
    events: 12,
    inARow: 0,
    retryAt: 0,
    inVain: 0,
  });
  assert.equal(noEose, 3, "it still did not say EOSE");
  assert.deepEqual([lastSuccess, answeredAt], [NOW, NOW]);
});

Deno.test("unanswered() counts as in vain only if nothing came in the time it had", () => {
  const record = recordOf({ eoseMs: { mean: 1_000, dev: 500 } });
  const silent = unanswered(record, NOW);
  assert.deepEqual(
    silent,
    {
      ...record,
      failures: { "no-answer": 1 },
      lastFailure: NOW,
      noEose: 1,
      inVain: 1,
      eoseMs: { mean: 1_000, dev: 1_000 },
    },
  );
  assert.equal(unanswered({ ...record, answeredAt: NOW - 5 * SECOND }, NOW).inVain, 0);
  assert.equal(unanswered({ ...record, answeredAt: NOW - 7 * SECOND }, NOW).inVain, 1);
  assert.deepEqual(fail(record, "no-answer"), silent);
});

Deno.test("failed() to be reached counts in a row, and backs off longer each time", () => {
  let record = connected(UNKNOWN_RELAY, 100, NOW - HOUR);
  record = answered(record, 100, NOW - HOUR);
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const now = NOW + i * MINUTE;
    record = fail(record, "unreachable", now, now);
    pauses.push((record.retryAt - now) / SECOND);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16]);
  const { attempts, successes, inARow, downSince, lastFailure, failures } = record;
  assert.deepEqual({ attempts, successes, inARow }, { attempts: 6, successes: 1, inARow: 5 });
  assert.deepEqual([downSince, lastFailure], [NOW, NOW + 4 * MINUTE]);
  assert.deepEqual(failures, { unreachable: 5 });
});

Deno.test("failed() waits longer for a relay that never worked", () => {
  const pause = (record: RelayRecord) => fail(record, "unreachable").retryAt - NOW;
  assert.equal(pause(UNKNOWN_RELAY), 8 * SECOND);
  assert.equal(pause(connected(UNKNOWN_RELAY, 9, NOW)), 1 * SECOND);
});

Deno.test("failed() in time to connect has the next deadline later", () => {
  const record = recordOf({ connectMs: { mean: 300, dev: 100 }, eoseMs: { mean: 300, dev: 100 } });
  const late = fail(record, "connect-timeout");
  assert.deepEqual(late.connectMs, { mean: 300, dev: 200 });
  assert.deepEqual(late.eoseMs, record.eoseMs);
  assert.deepEqual(fail(record, "unreachable").connectMs, record.connectMs);
  assert.ok(!("connectMs" in fail(UNKNOWN_RELAY, "connect-timeout")));
});

Deno.test("failed() counts attempts to connect, and nothing else as one", () => {
  for (const failure of FAILURES) {
    const isAttempt = failure === "unreachable" || failure === "connect-timeout";
    assert.equal(fail(UNKNOWN_RELAY, failure).attempts, isAttempt ? 1 : 0, failure);
    assert.deepEqual(fail(UNKNOWN_RELAY, failure).failures, { [failure]: 1 });
    assert.equal(fail(UNKNOWN_RELAY, failure).lastFailure, NOW);
  }
});

Deno.test("a relay that takes connections and ends them at once backs off longer each time", () => {
  let record = UNKNOWN_RELAY;
  const pauses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const now = NOW + i * HOUR;
    record = connected(record, 50, now);
    assert.equal(record.inARow, 0, "for all we know it works");
    record = fail(record, "disconnected", now, now + 10);
    pauses.push((record.retryAt - now - 10) / SECOND);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16]);
  assert.equal(record.inARow, 5);
  assert.equal(record.downSince, NOW + 10, "since the first");
});

Deno.test("a relay that hangs up after it was of use has not failed", () => {
  const lasted = fail(connected(down, 50, NOW - MINUTE), "disconnected", NOW - MINUTE);
  const short = connected(down, 50, NOW - 2 * SECOND);
  const answers = fail(answered(short, 50, NOW - SECOND), "disconnected", NOW - 2 * SECOND);
  for (const { inARow, unproven, retryAt, failures } of [lasted, answers]) {
    assert.deepEqual({ inARow, unproven }, { inARow: 0, unproven: 0 });
    assert.equal(retryAt, NOW + SECOND, "but it is given a moment");
    assert.deepEqual(failures, { disconnected: 1 });
  }
  const before = { ...short, answeredAt: NOW - 3 * SECOND };
  assert.equal(fail(before, "disconnected", NOW - 2 * SECOND).inARow, 4, "that was another time");
  assert.equal(fail(short, "disconnected", NOW - MINUTE + 1).inARow, 4);
});

Deno.test("a relay that floods, or sends junk, has failed even if it answered", () => {
  const record = answered(connected(UNKNOWN_RELAY, 50, NOW - HOUR), 50, NOW - SECOND);
  for (const failure of ["flood", "junk"] as const) {
    assert.equal(fail(record, failure, NOW - HOUR).inARow, 1);
  }
});

Deno.test("a refusal is an answer: the relay lives, but the request was in vain", () => {
  for (const failure of REFUSALS) {
    const record = fail({ ...down, unproven: 1, inVain: 1 }, failure);
    const { inARow, unproven, retryAt, inVain, answeredAt } = record;
    assert.deepEqual(
      { inARow, unproven, retryAt },
      { inARow: 0, unproven: 0, retryAt: 0 },
      failure,
    );
    assert.equal(inVain, 2, failure);
    assert.equal(answeredAt, NOW, failure);
  }
});

Deno.test("what concerns one event alone is counted, and that is all", () => {
  for (const failure of ["no-ok", "duplicate", "pow", "mute"] as const) {
    const counted = { failures: { [failure]: 1 }, lastFailure: NOW };
    assert.deepEqual(fail(down, failure), { ...down, ...counted });
  }
});

Deno.test("isAnswer() tells what only a relay that lives can do", () => {
  assert.deepEqual(
    FAILURES.filter((failure) => !isAnswer(failure)),
    ["unreachable", "connect-timeout", "no-answer", "no-ok", "disconnected"],
  );
});

Deno.test("whatever happens: nothing is mutated, counts never fall, back-off is bounded", () => {
  const happening = fc.oneof(
    fc.constantFrom(connected, answered).chain((change) =>
      fc.nat({ max: 9_000 }).map((ms) => (record: RelayRecord) => change(record, ms, NOW))
    ),
    fc.constant((record: RelayRecord) => unanswered(record, NOW)),
    fc.constant((record: RelayRecord) => delivered(record, 3, NOW)),
    fc.tuple(fc.constantFrom(...FAILURES), fc.nat({ max: HOUR })).map(
      ([failure, age]) => (record: RelayRecord) => fail(record, failure, NOW - age),
    ),
  );
  fc.assert(fc.property(records, fc.array(happening, { maxLength: 30 }), (first, all) => {
    let record: RelayRecord = { ...first, retryAt: 0 };
    for (const happens of all) {
      const before = structuredClone(record);
      const after = happens(Object.freeze(record));
      assert.deepEqual(record, before);
      for (const name of ["attempts", "successes", "events", "lastFailure"] as const) {
        assert.ok(after[name] >= Math.min(before[name], NOW), name);
      }
      for (const name of ["inARow", "unproven", "noEose", "inVain"] as const) {
        assert.ok(after[name] >= 0, name);
      }
      assert.ok(after.retryAt <= NOW + maxWaitMs(BACKOFFS.unusable));
      if (after.inARow > before.inARow) {
        assert.ok(after.retryAt > NOW);
        assert.ok(OUTAGES.some((failure) => after.failures[failure] !== before.failures[failure]));
      }
      record = after;
    }
  }));
});
