import fc from "fast-check";
import assert from "node:assert/strict";
import {
  aliveness,
  deadlines,
  halved,
  timed,
  UNKNOWN_ALIVE,
  widened,
} from "../../src/relays/relay_health.ts";
import { UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  recordOf,
  records,
  SECOND_MS,
} from "../support/relay_records.ts";

Deno.test("deadlines() of an unknown relay are kept by nearly all relays", () => {
  const unknown = { connect: 5_000, soft: 3_000, hard: 8_000 };
  assert.deepEqual(deadlines(undefined), unknown);
  assert.deepEqual(deadlines(UNKNOWN_RELAY), unknown);
});

Deno.test("deadlines() adapt to what a relay took before: the mean and four deviations", () => {
  const record = recordOf({
    connectMs: { mean: 1_000, dev: 500 },
    eoseMs: { mean: 800, dev: 300 },
  });
  assert.deepEqual(deadlines(record), { connect: 3_000, soft: 2_000, hard: 4_000 });
  const fast = { mean: 20, dev: 1 };
  assert.deepEqual(
    deadlines(recordOf({ connectMs: fast, eoseMs: fast })),
    { connect: 2_000, soft: 500, hard: 3_000 },
  );
  const slow = { mean: 60_000, dev: 60_000 };
  assert.deepEqual(
    deadlines(recordOf({ connectMs: slow, eoseMs: slow })),
    { connect: 10_000, soft: 5_000, hard: 15_000 },
  );
});

Deno.test("deadlines() are short for relays that never say EOSE, from the second time on", () => {
  const eoseMs = { mean: 3_000, dev: 1_000 };
  assert.deepEqual(deadlines(recordOf({ noEose: 1 })), deadlines(UNKNOWN_RELAY));
  for (const record of [{ noEose: 2 }, { noEose: 9, eoseMs }]) {
    assert.deepEqual(deadlines(recordOf(record)), { connect: 5_000, soft: 1_000, hard: 3_000 });
  }
});

Deno.test("deadlines() are bounded and in order, whatever is known", () => {
  fc.assert(fc.property(records, (record) => {
    const { connect, soft, hard } = deadlines(record);
    assert.ok(connect >= 2_000 && connect <= 10_000);
    assert.ok(soft >= 500 && soft < hard && hard <= 15_000);
  }));
});

Deno.test("timed() follows measurements as TCP does, and ignores nonsense", () => {
  assert.deepEqual(timed(undefined, 100), { mean: 100, dev: 50 });
  assert.deepEqual(timed({ mean: 100, dev: 50 }, 180), { mean: 110, dev: 57.5 });
  assert.deepEqual(timed({ mean: 100, dev: 40 }, 20), { mean: 90, dev: 50 });
  const known = { mean: 100, dev: 50 };
  for (const bad of [NaN, -1, -Infinity]) {
    assert.equal(timed(known, bad), known);
    assert.equal(timed(undefined, bad), undefined);
  }
  assert.deepEqual(timed(undefined, Infinity), { mean: MINUTE_MS, dev: MINUTE_MS / 2 });
  let timing = timed(undefined, 60_000);
  for (let i = 0; i < 60; i++) timing = timed(timing, 200);
  assert.ok(timing!.mean < 250 && timing!.dev < 200, JSON.stringify(timing));
});

Deno.test("widened() gives a relay that has become slower the time to show it", () => {
  assert.equal(widened(undefined), undefined);
  let record = recordOf({ connectMs: { mean: 200, dev: 0 } });
  for (let i = 0; i < 8; i++) record = { ...record, connectMs: widened(record.connectMs)! };
  assert.equal(deadlines(record).connect, 10_000);
  assert.deepEqual(widened({ mean: 5, dev: 100 }), { mean: 5, dev: 200 });
  assert.deepEqual(widened({ mean: 5, dev: MINUTE_MS }), { mean: 5, dev: MINUTE_MS });
});

Deno.test("aliveness() is a probability, and never 0", () => {
  fc.assert(
    fc.property(records, fc.integer({ min: -DAY_MS, max: 400 * DAY_MS }), (record, later) => {
      const alive = aliveness(record, NOW_MS + later);
      assert.ok(alive >= 0.005 && alive < 1, `${alive}`);
    }),
  );
  assert.equal(aliveness(undefined, NOW_MS), UNKNOWN_ALIVE);
  assert.equal(aliveness(recordOf({ reports: 0.3, infoAt: NOW_MS }), NOW_MS), UNKNOWN_ALIVE);
});

Deno.test("aliveness() falls with each failure in a row, and rises as time passes since the last", () => {
  const down = records.map((record) => ({ ...record, attempts: 20, inARow: record.inARow + 1 }));
  fc.assert(
    fc.property(down, fc.nat({ max: 90 * DAY_MS }), fc.nat({ max: DAY_MS }), (record, a, b) => {
      const now = Math.max(NOW_MS, record.lastFailure) + a;
      assert.ok(aliveness({ ...record, inARow: record.inARow + 1 }, now) <= aliveness(record, now));
      assert.ok(aliveness(record, now + b) >= aliveness(record, now) - 1e-12);
    }),
  );
});

Deno.test("aliveness() of a relay that works is near 1, and tends to its average as time passes", () => {
  const works = recordOf({ attempts: 10, successes: 10, lastSuccess: NOW_MS });
  assert.ok(aliveness(works, NOW_MS) > 0.97);
  assert.ok(aliveness(works, NOW_MS + 300 * DAY_MS) > UNKNOWN_ALIVE);
  const flaky = recordOf({ attempts: 40, successes: 10, lastSuccess: NOW_MS });
  assert.ok(aliveness(flaky, NOW_MS) > 0.97, "it has just worked");
  // As if four more had been tried, three of them with success.
  assert.ok(Math.abs(aliveness(flaky, NOW_MS + 999 * DAY_MS) - 13 / 44) < 1e-6);
  assert.equal(
    aliveness(works, NOW_MS - DAY_MS),
    aliveness(works, NOW_MS),
    "a clock that was set back",
  );
});

Deno.test("aliveness() of a relay that never worked drops hard with the first failure", () => {
  const once = recordOf({ attempts: 1, inARow: 1, lastFailure: NOW_MS, downSince: NOW_MS });
  assert.ok(aliveness(once, NOW_MS + HOUR_MS) < UNKNOWN_ALIVE / 5);
  assert.ok(aliveness(once, NOW_MS + DAY_MS) < UNKNOWN_ALIVE / 5);
  const thrice = { ...once, attempts: 3, inARow: 3, downSince: NOW_MS - 2 * DAY_MS };
  assert.ok(aliveness(thrice, NOW_MS + DAY_MS) < UNKNOWN_ALIVE / 50);
  assert.ok(aliveness(thrice, NOW_MS + 60 * DAY_MS) > UNKNOWN_ALIVE / 4, "doubts fade");
  fc.assert(fc.property(records, fc.nat({ max: 999 * DAY_MS }), (record, later) => {
    const never = { ...record, attempts: 9, successes: 0, inARow: record.inARow + 1 };
    assert.ok(aliveness(never, NOW_MS + later) < UNKNOWN_ALIVE, "not better than an unknown one");
  }));
});

Deno.test("aliveness() counts failures within minutes as one outage", () => {
  const burst = { attempts: 6, inARow: 6, lastFailure: NOW_MS };
  const short = recordOf({ ...burst, downSince: NOW_MS - 30 * SECOND_MS });
  const once = recordOf({ ...burst, inARow: 1, downSince: NOW_MS });
  assert.ok(aliveness(short, NOW_MS + DAY_MS) > 0.7 * aliveness(once, NOW_MS + DAY_MS));
  const long = recordOf({ ...burst, downSince: NOW_MS - 3 * DAY_MS });
  assert.ok(aliveness(long, NOW_MS + DAY_MS) < 0.1 * aliveness(once, NOW_MS + DAY_MS));
});

Deno.test("aliveness() of a relay that once worked recovers with time, sooner from short outages", () => {
  const down = recordOf({
    attempts: 21,
    successes: 20,
    inARow: 1,
    lastSuccess: NOW_MS - HOUR_MS,
    lastFailure: NOW_MS,
    downSince: NOW_MS,
  });
  assert.ok(aliveness(down, NOW_MS + MINUTE_MS) < 0.1);
  assert.ok(aliveness(down, NOW_MS + DAY_MS) > 0.5);
  const often = [1, 2, 3, 4, 5].map((inARow) => aliveness({ ...down, inARow }, NOW_MS + DAY_MS));
  for (let i = 1; i < often.length; i++) assert.ok(often[i] < 0.9 * often[i - 1]);
  const longer = { ...down, downSince: NOW_MS - 7 * DAY_MS };
  assert.ok(aliveness(longer, NOW_MS + DAY_MS) < aliveness(down, NOW_MS + DAY_MS) / 4);
});

Deno.test("halved() halves, and never adds", () => {
  assert.equal(halved(0, DAY_MS), 1);
  assert.equal(halved(DAY_MS, DAY_MS), 0.5);
  assert.equal(halved(3 * DAY_MS, DAY_MS), 0.125);
  assert.equal(halved(-DAY_MS, DAY_MS), 1);
});
