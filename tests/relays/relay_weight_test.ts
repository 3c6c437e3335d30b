import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayRecord } from "../../src/relays/relay_record.ts";
import {
  deliveryFactor,
  deliveryPosterior,
  faded,
  learn,
  relayWeight,
  thompson,
} from "../../src/relays/relay_weight.ts";
import { createRandom } from "../../testing/random.ts";
import { DAY, HOUR, MINUTE, NOW, recordOf, records } from "../support/relay_records.ts";

/** The weight of a closed relay of whose delivery nothing is known. */
function weigh(known: Partial<RelayRecord>, now = NOW, isOpen = false): number {
  return relayWeight({ record: recordOf(known), now, isOpen, delivery: 1 });
}

const works = { attempts: 9, successes: 9, lastSuccess: NOW - HOUR, answeredAt: NOW - HOUR };
const refused = {
  attempts: 1,
  inARow: 1,
  lastFailure: NOW - 20 * HOUR,
  downSince: NOW - 20 * HOUR,
};

Deno.test("relayWeight() of an unknown relay is 1", () => {
  assert.equal(relayWeight({ record: undefined, now: NOW, isOpen: false, delivery: 1 }), 1);
  assert.equal(weigh({}), 1);
  assert.equal(weigh({ infoAt: NOW, limits: { maxFilters: 3 } }), 1);
});

Deno.test("relayWeight() is above 0 and bounded, whatever is known", () => {
  const delivery = fc.oneof(fc.double(), fc.constantFrom(0, -1, NaN, Infinity));
  const later = fc.integer({ min: -DAY, max: 400 * DAY });
  fc.assert(
    fc.property(records, later, fc.boolean(), delivery, (record, later, isOpen, delivery) => {
      const weight = relayWeight({ record, now: NOW + later, isOpen, delivery });
      assert.ok(weight >= 1e-4 && weight <= 10, `${weight}`);
    }),
  );
});

Deno.test("relayWeight() prefers relays that work to unknown ones, and open ones to both", () => {
  assert.ok(weigh(works) > 1.2);
  assert.ok(weigh(works, NOW, true) > weigh(works));
  const unknown = relayWeight({ record: undefined, now: NOW, isOpen: true, delivery: 1 });
  assert.ok(unknown > weigh(works), "it is there, whatever is known");
  assert.equal(unknown, weigh({ ...refused }, NOW, true));
});

Deno.test("relayWeight() lets one refused connection count for much, and three for nearly all", () => {
  assert.ok(weigh(refused) < 0.2);
  const thrice = { ...refused, attempts: 3, inARow: 3, downSince: NOW - 3 * DAY };
  assert.ok(weigh(thrice) < 0.02);
});

Deno.test("relayWeight() falls with each request in vain, and forgets that in some days", () => {
  const weights = [0, 1, 2, 3, 5].map((inVain) => weigh({ ...works, inVain, lastFailure: NOW }));
  for (let i = 1; i < weights.length; i++) assert.ok(weights[i] < 0.45 * weights[i - 1]);
  assert.equal(weigh({ ...works, inVain: 50, lastFailure: NOW }), weights[4]);
  const past = { ...works, inVain: 3, lastFailure: NOW - 30 * DAY };
  assert.ok(weigh(past) > 0.95 * weights[0]);
  assert.ok(weigh({ ...past, lastFailure: NOW + DAY }) <= weights[3], "the future counts as now");
});

Deno.test("relayWeight() is multiplied with what delivery makes of it", () => {
  const record = recordOf(works);
  const twice = relayWeight({ record, now: NOW, isOpen: false, delivery: 0.5 });
  assert.equal(twice, weigh(works) / 2);
});

Deno.test("NIP-66: relayWeight() heeds monitors where nothing better is known", () => {
  const dead = { reports: 0.3, reportedAt: NOW - HOUR };
  assert.equal(weigh(dead), 0.3);
  assert.ok(Math.abs(weigh({ ...refused, ...dead }) - 0.3 * weigh(refused)) < 1e-12);
  assert.equal(weigh({ reports: 0.3, reportedAt: NOW - 4 * DAY }), 1, "that was long ago");
});

Deno.test("NIP-66: what was seen here outvotes monitors for a week, and so does a connection", () => {
  const dead = { reports: 0.3, reportedAt: NOW - HOUR };
  assert.equal(weigh({ ...works, ...dead }), weigh(works));
  assert.equal(weigh({ ...refused, ...dead }, NOW, true), weigh(refused, NOW, true));
  const old = { ...works, lastSuccess: NOW - 8 * DAY };
  assert.equal(weigh({ ...old, ...dead }), 0.3 * weigh(old));
  const down = { ...works, inARow: 1, lastFailure: NOW - MINUTE, downSince: NOW - MINUTE };
  assert.ok(weigh({ ...down, ...dead }) < 0.31 * weigh(down), "it does not work any more");
});

Deno.test("learn() adds to what has faded by half in thirty days", () => {
  const record = recordOf({ hits: 40, misses: 8, learnedAt: NOW - 30 * DAY });
  assert.deepEqual(faded(record, NOW), { hits: 20, misses: 4 });
  assert.deepEqual(learn(record, 5, 1, NOW), { hits: 25, misses: 5, learnedAt: NOW });
  assert.deepEqual(faded({ ...record, learnedAt: NOW + DAY }, NOW), { hits: 40, misses: 8 });
});

Deno.test("learn() never holds more than 200 people's worth, so that the past can be outvoted", () => {
  const amount = fc.double({ min: 0, max: 5_000, noNaN: true });
  fc.assert(fc.property(records, amount, amount, (record, hits, misses) => {
    fc.pre(hits + misses > 0);
    const learned = learn(record, hits, misses, NOW);
    assert.ok(learned.hits >= 0 && learned.misses >= 0);
    assert.ok(learned.hits + learned.misses <= 200 + 1e-9);
  }));
  let record = recordOf({});
  for (let i = 0; i < 50; i++) record = { ...record, ...learn(record, 100, 0, NOW) };
  assert.equal(record.hits, 200);
  for (let i = 0; i < 3; i++) record = { ...record, ...learn(record, 0, 100, NOW) };
  assert.ok(record.hits < record.misses, "three requests turn it round");
});

Deno.test("deliveryPosterior() begins with what writes get lost on the network", () => {
  assert.deepEqual(deliveryPosterior(undefined, NOW), { a: 4.25, b: 0.75 });
  const record = recordOf({ hits: 10, misses: 2, learnedAt: NOW - 30 * DAY });
  assert.deepEqual(deliveryPosterior(record, NOW), { a: 9.25, b: 1.75 });
});

Deno.test("deliveryFactor() is 1 for the unknown, and for what an ordinary relay delivers", () => {
  const fail = () => assert.fail("nothing to be drawn");
  assert.equal(deliveryFactor(undefined, NOW, fail, fail), 1);
  assert.equal(deliveryFactor(recordOf(works), NOW, fail, fail), 1);
  const mean = ({ a, b }: { a: number; b: number }) => a / (a + b);
  const usual = recordOf({ hits: 85, misses: 15, learnedAt: NOW });
  assert.ok(Math.abs(deliveryFactor(usual, NOW, mean, fail) - 1) < 1e-12);
  const bad = recordOf({ hits: 5, misses: 95, learnedAt: NOW });
  assert.ok(deliveryFactor(bad, NOW, mean, fail) < 0.11);
});

Deno.test("deliveryFactor() by Thompson's rule varies the more the less is known", () => {
  const random = createRandom(3);
  const spread = (hits: number) => {
    const record = recordOf({ hits, misses: hits / 9, learnedAt: NOW });
    const draws = Array.from(
      { length: 500 },
      () => deliveryFactor(record, NOW, thompson, random),
    );
    return Math.max(...draws) - Math.min(...draws);
  };
  assert.ok(spread(1) > 3 * spread(150));
});
