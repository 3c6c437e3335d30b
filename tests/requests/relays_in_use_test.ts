import fc from "fast-check";
import assert from "node:assert/strict";
import { RelaysInUse } from "../../src/requests/relays_in_use.ts";
import { settled } from "../../testing/test_clock.ts";

const none = { subjects: () => [] };

Deno.test("R3: RelaysInUse lets go of replacements, the last first, where the plan's relays and they are too many", () => {
  const left: string[] = [];
  const inUse = new RelaysInUse(3);
  const replacement = (url: string) => ({ ...none, leave: () => left.push(url) });
  const a = inUse.add("a", none);
  inUse.add("b", none);
  a.lost();
  inUse.add("c", replacement("c"));
  inUse.add("d", replacement("d"));
  assert.deepEqual([left, inUse.room, [...inUse.urls]], [[], 0, ["b", "c", "d"]]);
  inUse.add("e", none);
  assert.deepEqual([left, [...inUse.urls]], [["d"], ["b", "c", "e"]]);
  a.works();
  assert.deepEqual([left, [...inUse.urls]], [["d", "c"], ["a", "b", "e"]]);
  a.end();
  assert.equal(inUse.room, 1);
});

Deno.test("R3: RelaysInUse has at most as many relays as it may have, if the plan has no more", () => {
  const step = fc.record({
    url: fc.constantFrom(..."abcdefgh"),
    isReplacement: fc.boolean(),
    fate: fc.constantFrom("stays", "lost", "returns", "ends"),
  });
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (max, steps) => {
    const inUse = new RelaysInUse(max);
    const planned = new Set<string>();
    for (const { url, isReplacement, fate } of steps) {
      if (isReplacement ? inUse.room === 0 : planned.size === max && !planned.has(url)) continue;
      const use = inUse.add(url, isReplacement ? { ...none, leave() {} } : none);
      if (!isReplacement && fate !== "ends") planned.add(url);
      if (fate === "lost" || fate === "returns") use.lost();
      if (fate === "returns") use.works();
      if (fate === "ends") use.end();
      assert.ok(inUse.urls.size <= max, `${[...inUse.urls]}`);
      assert.equal(inUse.room, max - inUse.urls.size);
    }
  }));
});

Deno.test("RelaysInUse endReplaced() lets go of replacements of whom all are asked for at living relays of the plan, once for many calls", async () => {
  const left: string[] = [];
  let looks = 0;
  const inUse = new RelaysInUse();
  const replacement = (url: string, ...subjects: string[]) =>
    inUse.add(url, { subjects: () => subjects, leave: () => left.push(url) });
  replacement("a", "write x");
  replacement("b", "write x", "write y");
  const subjects = () => {
    looks++;
    return ["write x", "write z"];
  };
  inUse.add("c", { subjects });
  inUse.add("d", { subjects: () => ["write y"] }).lost();
  await Promise.all([inUse.endReplaced(), inUse.endReplaced()]);
  await settled();
  assert.deepEqual([left, [...inUse.urls], looks], [["a"], ["b", "c"], 1]);
  replacement("e", "write z");
  await inUse.endReplaced();
  assert.deepEqual(left, ["a", "e"]);
});

Deno.test("RelaysInUse urlsFor() names the relays that are asked for a subject and not lost", () => {
  const inUse = new RelaysInUse();
  inUse.add("a", { subjects: () => ["thread x", "thread y"] });
  inUse.add("b", { subjects: () => ["thread x"] }).lost();
  inUse.add("c", { subjects: () => ["thread z"] });
  assert.deepEqual(inUse.urlsFor(new Set(["thread x", "thread q"])), ["a"]);
  assert.deepEqual(inUse.urlsFor(new Set()), []);
});
