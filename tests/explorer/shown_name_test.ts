import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_NAME_LENGTH, shownName } from "../../src/explorer/shown_name.ts";

Deno.test("shownName() leaves names of all scripts as they are", () => {
  for (
    const name of [
      "Ada",
      "محمد الفارسي",
      "דוד",
      "山田太郎",
      "Zoë",
      "नमस्ते",
      "👩‍👩‍👧 family",
      "<b>Bob</b>",
    ]
  ) {
    assert.equal(shownName(name), name);
  }
});

Deno.test("shownName() removes what turns, hides or piles up text", () => {
  assert.equal(shownName(" a\u202eevil\u0000\n b "), "a evil b");
  assert.equal(shownName("e" + "\u0301".repeat(500)), "e\u0301\u0301\u0301");
  for (const unseen of [undefined, "", " \t", "\u200b\u2060", "\u0301", "\u200d"]) {
    assert.equal(shownName(unseen), undefined);
  }
});

Deno.test("shownName() gives one line of bounded length, which it leaves alone, of any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const name = shownName(text);
      if (name === undefined) return;
      assert.ok([...name].length <= MAX_NAME_LENGTH);
      assert.doesNotMatch(name, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      assert.equal(shownName(name), name);
    }),
  );
  assert.equal([...shownName("😀".repeat(1e6))!].length, MAX_NAME_LENGTH);
});
