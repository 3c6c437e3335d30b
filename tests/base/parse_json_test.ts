import assert from "node:assert/strict";
import { isObject, objectOf, parseJson } from "../../src/base/parse_json.ts";

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
