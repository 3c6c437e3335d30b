import fc from "fast-check";
import assert from "node:assert/strict";
import { formatMarks, isMarksKey, marksKey, parseMarks } from "../../src/spans/store_marks.ts";
import { person } from "../support/listed_people.ts";

const marks = fc.record({
  store: fc.integer({ min: 1, max: 9_999 }),
  ids: fc.array(fc.nat({ max: 99 }).map(person), { minLength: 1, maxLength: 5 }),
}, { noNullPrototype: true });

Deno.test("parseMarks() reads what formatMarks() writes", () => {
  fc.assert(fc.property(marks, (some) => {
    assert.deepEqual(parseMarks(formatMarks(some)!), some);
    assert.ok(isMarksKey(marksKey(some.store)));
  }));
});

Deno.test("parseMarks() returns undefined for any other text", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(parseMarks(text), undefined)));
  const id = person(1);
  for (
    const text of ["", "1", id, `0 ${id}`, `10000 ${id}`, `1 ${id} `, `1${` ${id}`.repeat(6)}`]
  ) {
    assert.equal(parseMarks(text), undefined, text);
  }
});

Deno.test("formatMarks() keeps the first five ids, and writes nothing without any", () => {
  const ids = Array.from({ length: 7 }, (_, n) => person(n));
  assert.equal(formatMarks({ store: 2, ids: ["x", ...ids] }), ["2", ...ids.slice(0, 5)].join(" "));
  assert.equal(formatMarks({ store: 2, ids: [] }), undefined);
  assert.equal(formatMarks({ store: 0, ids }), undefined);
});

Deno.test("marksKey() gives a ninth store the place of the first", () => {
  assert.deepEqual([1, 8, 9].map(marksKey), ["store:1", "store:8", "store:1"]);
  for (const key of ["store:0", "store:9", "store:11", person(1)]) assert.ok(!isMarksKey(key));
});
