import assert from "node:assert/strict";
import { show } from "../../src/base/check_option.ts";

Deno.test("show() quotes text, and says of an object no more than that it is one", () => {
  const shown: [value: unknown, text: string][] = [
    ["5", '"5"'],
    [5, "5"],
    [NaN, "NaN"],
    [null, "null"],
    [undefined, "undefined"],
    [[5], "a value of type object"],
    [JSON.parse('{"toString":1}'), "a value of type object"],
    [() => 5, "a value of type function"],
  ];
  for (const [value, text] of shown) assert.equal(show(value), text);
  assert.equal(show("x".repeat(1_000_000)).length, 202);
});
