import fc from "fast-check";
import assert from "node:assert/strict";
import { rebaseRelayRecord, relayChangedAt } from "../../src/relays/rebase_relay_record.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { answered, connected, delivered, failed } from "../../src/relays/relay_record_updates.ts";
import { learn } from "../../src/relays/relay_weight.ts";
import { NOW_MS, recordOf, records, SECOND_MS } from "../support/relay_records.ts";

/** Something that a relay did, at a time. */
interface Deed {
  readonly at: number;
  readonly change: (record: RelayRecord) => RelayRecord;
  readonly what: string;
}

const deed: fc.Arbitrary<Deed> = fc.tuple(
  fc.integer({ min: NOW_MS, max: NOW_MS + 60 * SECOND_MS }),
  fc.constantFrom("connected", "answered", "delivered", "mute", "unreachable", "learned"),
).map(([at, what]) => ({
  at,
  what,
  change: (record) => {
    const span = { startedAt: at, now: at };
    if (what === "connected") return connected(record, 100, at);
    if (what === "answered") return answered(record, 100, at, "unknown");
    if (what === "delivered") return delivered(record, 3, at);
    if (what === "learned") return { ...record, ...learn(record, 1, 1, at) };
    return failed(record, what as "mute" | "unreachable", span, () => 0.5);
  },
}));

/** What comes of some deeds that are written in an order. */
function written(deeds: readonly Deed[]): RelayRecord {
  return deeds.reduce(
    (record, { at, change }) => rebaseRelayRecord(record, change(record), at),
    UNKNOWN_RELAY,
  );
}

const shuffled = fc.array(deed, { minLength: 1, maxLength: 12 }).chain((deeds) =>
  fc.tuple(fc.constant(deeds), fc.shuffledSubarray(deeds, { minLength: deeds.length }))
);

const latest = (deeds: readonly Deed[], ...names: string[]) =>
  Math.max(0, ...deeds.filter(({ what }) => names.includes(what)).map(({ at }) => at));

Deno.test("rebaseRelayRecord() loses nothing that was counted, in whatever order processes write", () => {
  fc.assert(fc.property(shuffled, ([deeds, order]) => {
    const { successes, events, failures, hits, misses } = written(order);
    const count = (name: string) => deeds.filter(({ what }) => what === name).length;
    assert.equal(successes, count("connected"));
    assert.equal(events, 3 * count("delivered"));
    assert.equal(failures.mute ?? 0, count("mute"));
    assert.ok(Math.abs(hits - count("learned")) < 0.01 && Math.abs(misses - hits) < 0.01);
  }));
});

Deno.test("rebaseRelayRecord() ends at the latest times, in whatever order processes write", () => {
  fc.assert(fc.property(shuffled, ([deeds, order]) => {
    const { lastSuccess, lastFailure, answeredAt, learnedAt } = written(order);
    assert.equal(lastSuccess, latest(deeds, "connected", "answered", "delivered"));
    assert.equal(lastFailure, latest(deeds, "mute", "unreachable"));
    assert.equal(answeredAt, latest(deeds, "answered", "delivered"));
    assert.equal(learnedAt, latest(deeds, "learned"));
  }));
});

Deno.test("rebaseRelayRecord() keeps the newer view of a relay's state", () => {
  fc.assert(fc.property(records, records, fc.nat({ max: 60 }), (before, after, seconds) => {
    const at = relayChangedAt(before) - seconds * SECOND_MS;
    const rebased = rebaseRelayRecord(before, after, at);
    if (seconds === 0) {
      return assert.deepEqual({ ...rebased, learnedAt: 0 }, { ...after, learnedAt: 0 });
    }
    for (const name of ["inARow", "unproven", "downSince", "outageSince", "retryAt"] as const) {
      assert.equal(rebased[name], before[name], name);
    }
    for (const name of ["noEose", "inVain", "lastProof"] as const) {
      assert.equal(rebased[name], before[name], name);
    }
    const newest = after.reportedAt > before.reportedAt ? after : before;
    assert.equal(rebased.reports, newest.reports);
    const described = after.infoAt > before.infoAt ? after : before;
    assert.deepEqual({ ...rebased.limits, ...described.limits }, rebased.limits);
  }));
});

Deno.test("rebaseRelayRecord() does not bring an outage back that has ended since", () => {
  const back = answered(recordOf({ attempts: 1, successes: 1 }), 100, NOW_MS + SECOND_MS);
  const span = { startedAt: NOW_MS, now: NOW_MS };
  const after = failed(back, "unreachable", span, () => 0.5);
  assert.ok(after.retryAt > 0);
  const rebased = rebaseRelayRecord(back, after, NOW_MS);
  assert.equal(rebased.retryAt, 0);
  assert.equal(rebased.inARow, 0);
  assert.equal(rebased.failures.unreachable, 1);
});
