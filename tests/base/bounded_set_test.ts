import fc from "fast-check";
import assert from "node:assert/strict";
import { BoundedSet } from "../../src/base/bounded_set.ts";

Deno.test("BoundedSet add() says once of each string that it is new", () => {
  const seen = new BoundedSet(1000);
  const ids = Array.from({ length: 1000 }, (_, i) => `${i}`);
  assert.ok(ids.every((id) => seen.add(id)));
  assert.ok(!ids.some((id) => seen.add(id)));
});

Deno.test("BoundedSet remembers the last strings, and never takes a new one for an old one", () => {
  const min = fc.integer({ min: 1, max: 6 });
  const ids = fc.array(fc.nat(14).map(String), { maxLength: 60 });
  fc.assert(fc.property(min, ids, (min, ids) => {
    const seen = new BoundedSet(min);
    ids.forEach((id, i) => {
      const isNew = seen.add(id);
      const before = ids.slice(0, i);
      if (!before.includes(id)) assert.ok(isNew);
      const since = before.slice(before.lastIndexOf(id) + 1);
      if (before.includes(id) && new Set(since).size < min) assert.ok(!isNew);
    });
  }));
});

Deno.test("BoundedSet forgets old strings, so that its size is bounded", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), (min) => {
    const seen = new BoundedSet(min);
    assert.ok(seen.add("old"));
    for (let i = 0; i < 2 * min; i++) seen.add(`${i}`);
    assert.ok(seen.add("old"));
  }));
});
