import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayRecord } from "../../src/relays/relay_record.ts";
import { deliveryFactor, faded, learn, relayWeight } from "../../src/relays/relay_weight.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS, recordOf, records } from "../support/relay_records.ts";

/** The weight of a closed relay of whose delivery nothing is known. */
function weigh(known: Partial<RelayRecord>, now = NOW_MS, isOpen = false): number {
  return relayWeight({ record: recordOf(known), now, isOpen, delivery: 1 });
}

const works = {
  attempts: 9,
  successes: 9,
  lastSuccess: NOW_MS - HOUR_MS,
  answeredAt: NOW_MS - HOUR_MS,
};
const refused = {
  attempts: 1,
  inARow: 1,
  lastFailure: NOW_MS - 20 * HOUR_MS,
  downSince: NOW_MS - 20 * HOUR_MS,
};

Deno.test("relayWeight() of an unknown relay is 1", () => {
  assert.equal(relayWeight({ record: undefined, now: NOW_MS, isOpen: false, delivery: 1 }), 1);
  assert.equal(weigh({}), 1);
  assert.equal(weigh({ infoAt: NOW_MS, limits: { maxFilters: 3 } }), 1);
});

Deno.test("relayWeight() is above 0 and bounded, whatever is known", () => {
  const delivery = fc.oneof(fc.double(), fc.constantFrom(0, -1, NaN, Infinity));
  const later = fc.integer({ min: -DAY_MS, max: 400 * DAY_MS });
  fc.assert(
    fc.property(records, later, fc.boolean(), delivery, (record, later, isOpen, delivery) => {
      const weight = relayWeight({ record, now: NOW_MS + later, isOpen, delivery });
      assert.ok(weight >= 1e-4 && weight <= 10, `${weight}`);
    }),
  );
});

Deno.test("relayWeight() prefers relays that work to unknown ones, and open ones to both", () => {
  assert.ok(weigh(works) > 1.2);
  assert.ok(weigh(works, NOW_MS, true) > weigh(works));
  const unknown = relayWeight({ record: undefined, now: NOW_MS, isOpen: true, delivery: 1 });
  assert.ok(unknown > weigh(works), "it is there, whatever is known");
  assert.equal(unknown, weigh({ ...refused }, NOW_MS, true));
});

Deno.test("relayWeight() is low after one refused connection, and near 0 after three", () => {
  assert.ok(weigh(refused) < 0.2);
  const thrice = { ...refused, attempts: 3, inARow: 3, downSince: NOW_MS - 3 * DAY_MS };
  assert.ok(weigh(thrice) < 0.02);
});

Deno.test("relayWeight() falls with each request in vain, and recovers within days", () => {
  const weights = [0, 1, 2, 3, 5].map((inVain) => weigh({ ...works, inVain, lastFailure: NOW_MS }));
  for (let i = 1; i < weights.length; i++) assert.ok(weights[i] < 0.45 * weights[i - 1]);
  assert.equal(weigh({ ...works, inVain: 50, lastFailure: NOW_MS }), weights[4]);
  const past = { ...works, inVain: 3, lastFailure: NOW_MS - 30 * DAY_MS };
  assert.ok(weigh(past) > 0.95 * weights[0]);
  assert.ok(
    weigh({ ...past, lastFailure: NOW_MS + DAY_MS }) <= weights[3],
    "the future counts as now",
  );
});

Deno.test("relayWeight() is multiplied with the factor of delivery", () => {
  const record = recordOf(works);
  const twice = relayWeight({ record, now: NOW_MS, isOpen: false, delivery: 0.5 });
  assert.equal(twice, weigh(works) / 2);
});

Deno.test("NIP-66: relayWeight() follows monitors if nothing better is known", () => {
  const dead = { reports: 0.3, reportedAt: NOW_MS - HOUR_MS };
  assert.equal(weigh(dead), 0.3);
  assert.ok(Math.abs(weigh({ ...refused, ...dead }) - 0.3 * weigh(refused)) < 1e-12);
  assert.equal(weigh({ reports: 0.3, reportedAt: NOW_MS - 4 * DAY_MS }), 1, "that was long ago");
});

Deno.test("NIP-66: relayWeight() prefers what was seen here within a week, or an open connection, to monitors", () => {
  const dead = { reports: 0.3, reportedAt: NOW_MS - HOUR_MS };
  assert.equal(weigh({ ...works, ...dead }), weigh(works));
  assert.equal(weigh({ ...refused, ...dead }, NOW_MS, true), weigh(refused, NOW_MS, true));
  const old = { ...works, lastSuccess: NOW_MS - 8 * DAY_MS };
  assert.equal(weigh({ ...old, ...dead }), 0.3 * weigh(old));
  const down = {
    ...works,
    inARow: 1,
    lastFailure: NOW_MS - MINUTE_MS,
    downSince: NOW_MS - MINUTE_MS,
  };
  assert.ok(weigh({ ...down, ...dead }) < 0.31 * weigh(down), "it does not work any more");
});

Deno.test("learn() adds to what was learned, which fades by half in thirty days", () => {
  const record = recordOf({ hits: 40, misses: 8, learnedAt: NOW_MS - 30 * DAY_MS });
  assert.deepEqual(faded(record, NOW_MS), { hits: 20, misses: 4 });
  assert.deepEqual(learn(record, 5, 1, NOW_MS), {
    hits: 25,
    misses: 5,
    learnedAt: NOW_MS,
    days: [[Math.floor(NOW_MS / DAY_MS), 0, 0, 5, 1]],
  });
  assert.deepEqual(faded({ ...record, learnedAt: NOW_MS + DAY_MS }, NOW_MS), {
    hits: 40,
    misses: 8,
  });
});

Deno.test("learn() never counts more than 200 subjects, so that the past can be outvoted", () => {
  const amount = fc.double({ min: 0, max: 5_000, noNaN: true });
  fc.assert(fc.property(records, amount, amount, (record, hits, misses) => {
    fc.pre(hits + misses > 0);
    const learned = learn(record, hits, misses, NOW_MS);
    assert.ok(learned.hits >= 0 && learned.misses >= 0);
    assert.ok(learned.hits + learned.misses <= 200 + 1e-9);
  }));
  let record = recordOf({});
  for (let i = 0; i < 50; i++) record = { ...record, ...learn(record, 100, 0, NOW_MS) };
  assert.equal(record.hits, 200);
  for (let i = 0; i < 3; i++) record = { ...record, ...learn(record, 0, 100, NOW_MS) };
  assert.ok(record.hits < record.misses, "three requests turn it round");
});

Deno.test("deliveryFactor() is 1 for the unknown, and for what an ordinary relay delivers", () => {
  assert.equal(deliveryFactor(recordOf(works), NOW_MS), 1);
  const usual = recordOf({ hits: 85, misses: 15, learnedAt: NOW_MS });
  assert.ok(Math.abs(deliveryFactor(usual, NOW_MS) - 1) < 1e-12);
  const bad = recordOf({ hits: 5, misses: 95, learnedAt: NOW_MS });
  assert.ok(deliveryFactor(bad, NOW_MS) < 0.11);
  const good = recordOf({ hits: 95, misses: 0, learnedAt: NOW_MS });
  assert.ok(deliveryFactor(good, NOW_MS) > 1.16);
});

Deno.test("deliveryFactor() begins with the share of writes that get lost on the network, and forgets", () => {
  const record = recordOf({ hits: 10, misses: 2, learnedAt: NOW_MS - 30 * DAY_MS });
  // With the prior of 4.25 hits and 0.75 misses, 9.25 and 1.75.
  assert.ok(Math.abs(deliveryFactor(record, NOW_MS) - 9.25 / 11 / 0.85) < 1e-12);
});

Deno.test("deliveryFactor() is above 0, and grows with hits and falls with misses", () => {
  const amount = fc.double({ min: 0, max: 100, noNaN: true });
  const more = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(fc.property(amount, amount, more, (hits, misses, more) => {
    const factor = (hits: number, misses: number) =>
      deliveryFactor(recordOf({ hits, misses, learnedAt: NOW_MS }), NOW_MS);
    assert.ok(factor(hits, misses) > 0 && factor(hits, misses) < 1.2);
    assert.ok(factor(hits + more, misses) > factor(hits, misses));
    assert.ok(factor(hits, misses + more) < factor(hits, misses));
  }));
});
