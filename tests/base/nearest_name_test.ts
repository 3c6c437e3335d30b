import fc from "fast-check";
import assert from "node:assert/strict";
import { nearestName } from "../../src/base/nearest_name.ts";

const NAMES = ["fallbackRelays", "indexerRelays", "maxRelays", "timeout"];

Deno.test("nearestName() finds a name through letters left out, added, replaced or in another case", () => {
  for (
    const [wrong, right] of [
      ["fallbackRelay", "fallbackRelays"],
      ["fallbackRelayss", "fallbackRelays"],
      ["indexRelays", "indexerRelays"],
      ["MAXRELAYS", "maxRelays"],
      ["timeOut", "timeout"],
      ["tomeout", "timeout"],
      ["maxRelay", "maxRelays"],
    ]
  ) assert.equal(nearestName(wrong, NAMES), right);
  assert.equal(nearestName("anything", []), undefined);
});

Deno.test("nearestName() of a name that exists is that name, and one edit away it is no farther", () => {
  const name = fc.constantFrom(...NAMES);
  fc.assert(fc.property(name, fc.nat(), fc.constantFrom("", "x", "é"), (name, at, letter) => {
    assert.equal(nearestName(name, NAMES), name);
    const i = at % name.length;
    const edited = name.slice(0, i) + letter + name.slice(i + 1);
    assert.equal(nearestName(edited, NAMES), name);
    assert.equal(nearestName(name.slice(0, i) + letter + name.slice(i), NAMES), name);
  }));
});

Deno.test("nearestName() prefers the first of names that are equally near", () => {
  assert.equal(nearestName("ax", ["ay", "az"]), "ay");
  assert.equal(nearestName("ax", ["az", "ay"]), "az");
});
