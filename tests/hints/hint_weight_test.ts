import fc from "fast-check";
import assert from "node:assert/strict";
import {
  DAY_S,
  heaviestSource,
  type HintMarks,
  hintWeight,
  isMoreTrusted,
  isVouchedFor,
  TRUST,
} from "../../src/hints/hint_weight.ts";
import type { HintSource } from "../../src/nostr/relay_knowledge.ts";
import { START as NOW } from "../../testing/test_clock.ts";

const SOURCES = ["hand", "nip19", "nip05", "follows", "tag", "delivered"] as const;

const source = fc.constantFrom(...SOURCES);
const seen = fc.integer({ min: NOW - 3_000 * DAY_S, max: NOW + 3_000 * DAY_S });
const marks: fc.Arbitrary<HintMarks> = fc.dictionary(source, seen, {
  minKeys: 1,
  noNullPrototype: true,
});

Deno.test("TRUST orders the sources, each less trusted than the one before", () => {
  assert.deepEqual(
    SOURCES.map((source) => hintWeight({ [source]: NOW }, NOW)).map((n) => +n.toFixed(9)),
    [1, 0.8, 0.6, 0.4, 0.25, 0.2],
  );
  assert.deepEqual(Object.keys(TRUST), SOURCES);
  for (let i = 1; i < SOURCES.length; i++) {
    assert.ok(isMoreTrusted(SOURCES[i - 1], SOURCES[i]));
    assert.ok(!isMoreTrusted(SOURCES[i], SOURCES[i - 1]));
    assert.ok(!isMoreTrusted(SOURCES[i], SOURCES[i]));
  }
});

Deno.test("hintWeight() is half after the source's half-life, and a quarter after two", () => {
  const halfLives = [365, 180, 180, 180, 90, 30];
  for (const [i, source] of SOURCES.entries()) {
    const at = (days: number) => hintWeight({ [source]: NOW }, NOW + days * DAY_S);
    assert.ok(Math.abs(at(halfLives[i]) - at(0) / 2) < 1e-9, source);
    assert.ok(Math.abs(at(2 * halfLives[i]) - at(0) / 4) < 1e-9, source);
  }
});

Deno.test("hintWeight() takes a time in the future for now", () => {
  fc.assert(fc.property(source, fc.nat(1e9), (source, ahead) => {
    assert.equal(hintWeight({ [source]: NOW + ahead }, NOW), hintWeight({ [source]: NOW }, NOW));
  }));
});

Deno.test("hintWeight() of two sources is more than that of either, and less than both together", () => {
  assert.ok(Math.abs(hintWeight({ tag: NOW, delivered: NOW }, NOW) - 0.4) < 1e-9);
  fc.assert(fc.property(marks, fc.nat(2_000 * DAY_S), (marks, later) => {
    const each = Object.entries(marks).map(([source, seen]) => {
      const { first, halfLifeDays } = TRUST[source as HintSource];
      return first / 2 ** (Math.max(0, NOW + later - seen) / DAY_S / halfLifeDays);
    });
    const expected = 1 - each.reduce((wrong, weight) => wrong * (1 - weight), 1);
    assert.ok(Math.abs(hintWeight(marks, NOW + later) - expected) < 1e-9);
  }));
});

Deno.test("hintWeight() is in (0, 1], however old or new the hint, and never grows by itself", () => {
  fc.assert(fc.property(marks, fc.nat(1e12), fc.nat(1e12), (marks, time, later) => {
    const weight = hintWeight(marks, time);
    assert.ok(weight > 0 && weight <= 1);
    assert.ok(hintWeight(marks, time + later) <= weight);
  }));
});

Deno.test("heaviestSource() returns the source with the greatest weight", () => {
  assert.equal(heaviestSource({ tag: NOW, delivered: NOW }, NOW), "tag");
  assert.equal(heaviestSource({ nip05: NOW, tag: NOW }, NOW), "nip05");
  assert.equal(heaviestSource({ nip05: NOW - 720 * DAY_S, tag: NOW }, NOW), "tag");
  for (const equal of [{ delivered: 0, tag: 0 }, { tag: 0, delivered: 0 }]) {
    assert.equal(heaviestSource(equal, 1e15), "tag", "of equals the more trusted");
  }
  fc.assert(fc.property(marks, (marks) => {
    const named = heaviestSource(marks, NOW);
    for (const source of Object.keys(marks) as HintSource[]) {
      const weights = [named, source].map((each) => hintWeight({ [each]: marks[each]! }, NOW));
      assert.ok(weights[0] >= weights[1]);
    }
  }));
});

Deno.test("isVouchedFor() holds for four half-lives of a more trusted source", () => {
  const after = (days: number) => isVouchedFor({ nip05: NOW }, "tag", NOW + days * DAY_S);
  assert.deepEqual([0, 720, 721].map(after), [true, true, false]);
  for (const source of SOURCES) {
    assert.ok(!isVouchedFor({ [source]: NOW }, source, NOW), "equals do not");
    assert.equal(isVouchedFor({ [source]: NOW + DAY_S }, "delivered", NOW), source !== "delivered");
    assert.ok(!isVouchedFor({ [source]: NOW }, "hand", NOW));
  }
  assert.ok(isVouchedFor({ delivered: NOW, hand: NOW }, "follows", NOW));
});

Deno.test("hintWeight() is an eighth where the relay was found to have nothing since it was named", () => {
  assert.equal(hintWeight({ hand: NOW, missed: NOW }, NOW), 1 / 8);
  assert.equal(hintWeight({ hand: NOW - 5, missed: NOW }, NOW) < 1 / 8, true);
  const named = { hand: NOW, missed: NOW - 1 };
  assert.equal(hintWeight(named, NOW), 1);
  assert.equal(heaviestSource({ hand: NOW - 9, tag: NOW, missed: NOW - 1 }, NOW), "tag");
  assert.equal(hintWeight({ tag: NOW, missed: NOW + 1 }, NOW), hintWeight({ tag: NOW }, NOW));
  assert.ok(isVouchedFor({ hand: NOW, missed: NOW }, "tag", NOW));
});
