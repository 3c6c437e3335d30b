import assert from "node:assert/strict";
import { parseJson } from "../../src/base/parse_json.ts";

Deno.test("parseJson() reads JSON, and anything else as undefined", () => {
  assert.deepEqual(parseJson('[1, {"a": null}]'), [1, { a: null }]);
  for (const text of ["", "{", "undefined", "nsec1", "'a'"]) {
    assert.equal(parseJson(text), undefined);
  }
});
