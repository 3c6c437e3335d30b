import fc from "fast-check";
import assert from "node:assert/strict";
import { BoundedSet } from "../../src/base/bounded_set.ts";

Deno.test("BoundedSet says of each id once that it is new", () => {
  const seen = new BoundedSet(1000);
  const ids = Array.from({ length: 1000 }, (_, i) => `${i}`);
  assert.ok(ids.every((id) => seen.add(id)));
  assert.ok(!ids.some((id) => seen.add(id)));
});

Deno.test("BoundedSet never forgets one of the last ids, and never takes a new one for old", () => {
  const most = fc.integer({ min: 1, max: 6 });
  const ids = fc.array(fc.nat(14).map(String), { maxLength: 60 });
  fc.assert(fc.property(most, ids, (most, ids) => {
    const seen = new BoundedSet(most);
    ids.forEach((id, i) => {
      const isNew = seen.add(id);
      const before = ids.slice(0, i);
      if (!before.includes(id)) assert.ok(isNew);
      const since = before.slice(before.lastIndexOf(id) + 1);
      if (before.includes(id) && new Set(since).size < most) assert.ok(!isNew);
    });
  }));
});

Deno.test("BoundedSet forgets in the end, so that it does not grow without end", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), (most) => {
    const seen = new BoundedSet(most);
    assert.ok(seen.add("old"));
    for (let i = 0; i < 2 * most; i++) seen.add(`${i}`);
    assert.ok(seen.add("old"));
  }));
});
