import assert from "node:assert/strict";
import fc from "fast-check";
import { printable, printableLine } from "../../src/cli/printable.ts";

Deno.test("printable() lets no text control the terminal, and keeps all else", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.doesNotMatch(printable(text), /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    const kept = [...text].filter((one) =>
      !/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u.test(one)
    );
    assert.equal(printable(text), kept.join(""));
  }));
});

Deno.test("printable() lets no text turn the direction of writing round", () => {
  for (const mark of "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u001b\u009b\u007f") {
    assert.equal(printable(`a${mark}b`), "ab");
  }
});

Deno.test("printableLine() gives one line, of at most so many characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 9 }), (text, most) => {
      const line = printableLine(text, most);
      assert.ok([...line].length <= most);
      assert.doesNotMatch(line, /[\n\r\t]/);
    }),
  );
  assert.equal(printableLine(" a\n b\u001b[31m ", 9), "a b[31m");
});
