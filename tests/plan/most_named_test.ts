import assert from "node:assert/strict";
import * as fc from "fast-check";
import { mostNamed } from "../../src/plan/most_named.ts";
import { planSettings } from "../../src/plan/plan_options.ts";

const { check } = planSettings();
const url = (letter: string) => `wss://${letter}.example/`;
const LETTERS = ["a", "b", "c", "d"];
const urls = fc.array(fc.constantFrom(...LETTERS.map(url), "wss://localhost/", "no url"), {
  maxLength: 4,
});
const lists = fc.array(fc.record({ write: urls, read: urls }, { requiredKeys: [] }), {
  maxLength: 12,
});
const roles = fc.uniqueArray(fc.constantFrom("write" as const, "read" as const));

Deno.test("mostNamed() gives the usable relays that most lists name, by weight, and the smaller URL of equals", () => {
  const weights = fc.tuple(...LETTERS.map(() => fc.constantFrom(0, 0.5, 1, 3)));
  fc.assert(fc.property(lists, roles, weights, fc.nat(5), (lists, roles, weights, max) => {
    const weight = (url: string) => weights[LETTERS.indexOf(url[6])];
    const named = mostNamed(lists, { check, weight, roles: new Set(roles), max });
    const value = (url: string) =>
      weight(url) * lists.filter((list) => roles.some((role) => list[role]?.includes(url))).length;
    const expected = LETTERS.map(url).filter((url) => value(url) > 0)
      .toSorted((a, b) => value(b) - value(a))
      .slice(0, max);
    assert.deepEqual(named, expected);
  }));
});
