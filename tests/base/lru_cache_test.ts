import fc from "fast-check";
import assert from "node:assert/strict";
import { LruCache } from "../../src/base/lru_cache.ts";

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 9 }),
    does: fc.constantFrom("set", "set", "set", "get", "get", "delete", "clear"),
  }),
  { maxLength: 60, size: "max" },
);

Deno.test("LruCache holds the entries that were used last, as a plain list does", () => {
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 6 }), (steps, max) => {
    const cache = new LruCache<number, number>({ max });
    let list: [number, number][] = [];
    steps.forEach(({ key, does }, i) => {
      const entry = list.find(([other]) => other === key);
      const others = list.filter((other) => other !== entry);
      if (does === "clear") {
        cache.clear();
        list = [];
      } else if (does === "delete") {
        assert.equal(cache.delete(key), entry !== undefined);
        list = others;
      } else if (does === "get") {
        assert.equal(cache.get(key), entry?.[1]);
        list = entry ? [...others, entry] : others;
      } else {
        cache.set(key, i);
        list = [...others, [key, i] satisfies [number, number]].slice(-max);
      }
      assert.deepEqual([...cache.rentries()], list);
    });
  }));
});

Deno.test("LruCache takes memory for what it holds, not for what it may hold", () => {
  const before = Deno.memoryUsage();
  const caches = Array.from({ length: 10 }, () => new LruCache({ max: 10_000_000 }));
  const { heapUsed, external } = Deno.memoryUsage();
  const taken = heapUsed + external - before.heapUsed - before.external;
  assert.ok(taken < 2 ** 20, `${taken} bytes for ${caches.length} empty caches`);
});
