import fc from "fast-check";
import assert from "node:assert/strict";
import { isObject, nestsDeeper, objectOf, parseJson } from "../../src/base/parse_json.ts";

Deno.test("parseJson() reads JSON, and anything else as undefined", () => {
  assert.deepEqual(parseJson('[1, {"a": null}]'), [1, { a: null }]);
  for (const text of ["", "{", "undefined", "nsec1", "'a'"]) {
    assert.equal(parseJson(text), undefined);
  }
});

Deno.test("objectOf() keeps an object, and takes anything else for an empty one", () => {
  const object = { a: 1 };
  assert.equal(objectOf(object), object);
  assert.ok(isObject(object));
  for (const other of [undefined, null, 0, "text", ["text"], () => object]) {
    assert.deepEqual(objectOf(other), {});
    assert.ok(!isObject(other));
  }
});

Deno.test("nestsDeeper() tells how deep any JSON nests, whatever its strings hold", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
      : 0;
  const text = fc.oneof(fc.string(), fc.stringMatching(/^["\\\\[\\]{}]{0,8}$/));
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.oneof(text, fc.integer(), fc.constant(null)),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(text, tie("value"), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1, 2, 3, 4, 5), (value, max) => {
      for (const spaces of [0, 1]) {
        const json = JSON.stringify(value, null, spaces);
        assert.equal(nestsDeeper(json, max), depthOf(JSON.parse(json)) > max, json);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("nestsDeeper() ends on any text, also within an open string", () => {
  for (const text of ["", '"', '"[', '"\\', '"\\"[[[', "]]]", '\\"[[']) nestsDeeper(text, 1);
  fc.assert(fc.property(fc.string(), (text) => void nestsDeeper(text, 1)));
});
