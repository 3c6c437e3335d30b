import fc from "fast-check";
import assert from "node:assert/strict";
import { BoundedMap } from "../../src/base/bounded_map.ts";

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 9 }),
    does: fc.constantFrom("set", "set", "set", "set", "delete", "clear"),
  }),
  { maxLength: 60, size: "max" },
);

Deno.test("BoundedMap holds the last entries that were set, as a plain list does", () => {
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 6 }), (steps, max) => {
    const evicted: [number, number][] = [];
    const map = new BoundedMap<number, number>({
      max,
      onEvict: (key, value) => evicted.push([key, value]),
    });
    let list: [number, number][] = [];
    const dropped: [number, number][] = [];
    steps.forEach(({ key, does }, i) => {
      const others = list.filter(([other]) => other !== key);
      if (does === "clear") {
        map.clear();
        list = [];
        return;
      }
      if (does === "delete") {
        assert.equal(map.delete(key), others.length < list.length);
        list = others;
        return;
      }
      map.set(key, i);
      list = [...others, [key, i] as [number, number]];
      dropped.push(...list.slice(0, -max));
      list = list.slice(-max);
    });
    assert.deepEqual([...map], list);
    assert.deepEqual(evicted, dropped);
    assert.equal(map.isFull, list.length === max);
  }));
});

/** Counts how often the walk over the keys begins. */
class CountedMap extends BoundedMap<number, number> {
  walks = 0;

  override keys(): MapIterator<number> {
    this.walks++;
    return super.keys();
  }
}

Deno.test("BoundedMap walks its keys once for many evictions, and holds no idle iterator", () => {
  const map = new CountedMap({ max: 10 });
  for (let i = 0; i < 1_000; i++) map.set(i, i);
  assert.equal(map.walks, 1);
  for (let i = 0; i < 11; i++) map.set(999, i);
  for (let i = 1_000; i < 2_000; i++) map.set(i, i);
  assert.equal(map.walks, 2);
});

Deno.test("BoundedMap set() makes an entry the newest, and get() does not", () => {
  const map = new BoundedMap<string, number>({ max: 2 }).set("a", 1).set("b", 2);
  map.get("a");
  map.set("b", 3).set("c", 4);
  assert.deepEqual([...map], [["b", 3], ["c", 4]]);
});
