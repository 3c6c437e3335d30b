import assert from "node:assert/strict";
import fc from "fast-check";
import { BoundedMap } from "../../src/base/bounded_map.ts";

const steps = fc.array(
  fc.record({ key: fc.integer({ min: 0, max: 9 }), isDelete: fc.boolean() }),
  { maxLength: 60 },
);

Deno.test("BoundedMap holds what a list of the last entries that were set holds", () => {
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 6 }), (steps, max) => {
    const evicted: [number, number][] = [];
    const map = new BoundedMap<number, number>({
      max,
      onEvict: (key, value) => evicted.push([key, value]),
    });
    let list: [number, number][] = [];
    const gone: [number, number][] = [];
    steps.forEach(({ key, isDelete }, i) => {
      const others = list.filter(([other]) => other !== key);
      if (isDelete) {
        assert.equal(map.delete(key), others.length < list.length);
        list = others;
        return;
      }
      map.set(key, i);
      list = [...others, [key, i] as [number, number]];
      gone.push(...list.slice(0, -max));
      list = list.slice(-max);
    });
    assert.deepEqual([...map], list);
    assert.deepEqual(evicted, gone);
    assert.equal(map.isFull, list.length === max);
  }));
});

/** The CPU time of 20,000 evictions from a map of this size, the least of three. */
function timeOfEvictions(max: number): number {
  const times = Array.from({ length: 3 }, () => {
    const map = new BoundedMap<number, true>({ max });
    for (let key = 0; key < max; key++) map.set(key, true);
    const start = performance.now();
    for (let key = max; key < max + 20_000; key++) map.set(key, true);
    return performance.now() - start;
  });
  return Math.min(...times);
}

Deno.test("BoundedMap set() finds the oldest of 100,000 entries as fast as that of 1,000", () => {
  assert.ok(timeOfEvictions(100_000) < 10 * timeOfEvictions(1_000));
});

Deno.test("BoundedMap set() makes an entry the newest, and get() does not", () => {
  const map = new BoundedMap<string, number>({ max: 2 }).set("a", 1).set("b", 2);
  map.get("a");
  map.set("b", 3).set("c", 4);
  assert.deepEqual([...map], [["b", 3], ["c", 4]]);
});
