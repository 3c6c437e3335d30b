import fc from "fast-check";
import assert from "node:assert/strict";
import { distinct, isPubkey, sortedOrder } from "../../src/nostr/pubkeys.ts";
import { anyPubkey, noPubkey, person } from "../support/arbitraries.ts";

/** Pubkeys and other strings, some of them twice, many with the same first digits. */
const someTexts = fc.array(
  fc.oneof(
    { arbitrary: person, weight: 5 },
    { arbitrary: anyPubkey, weight: 2 },
    { arbitrary: fc.stringMatching(/^(?:aa|ab)[01]{4}$/), weight: 5 },
  ),
  { maxLength: 40 },
);

/** `count` pubkeys that start with `prefix`, the same each time. */
function pubkeys(count: number, prefix = ""): string[] {
  let state = 1;
  const digit = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) >>> 28;
  return Array.from(
    { length: count },
    () => prefix + Array.from({ length: 64 - prefix.length }, () => digit().toString(16)).join(""),
  );
}

function assertSorts(texts: readonly string[]): void {
  const order = sortedOrder(texts);
  assert.deepEqual([...order].sort((a, b) => a - b), [...texts.keys()], "each index once");
  assert.deepEqual([...order].map((at) => texts[at]), [...texts].sort());
}

Deno.test("sortedOrder() sorts as sort() does, whatever the strings", () => {
  const texts = fc.oneof(
    someTexts,
    fc.array(fc.oneof(person, noPubkey, fc.string(), fc.constantFrom("é", "\uffff", "\u{1f600}"))),
  );
  fc.assert(fc.property(texts, assertSorts), { numRuns: 500 });
});

Deno.test("sortedOrder() sorts hundreds and thousands as sort() does", () => {
  for (const count of [255, 256, 300, 4095, 4096, 10_000]) assertSorts(pubkeys(count));
});

Deno.test("sortedOrder() sorts pubkeys that were chosen to share their first digits", () => {
  for (const count of [511, 512, 513, 2_000]) {
    assertSorts(pubkeys(count, "abcdef"));
    assertSorts([...pubkeys(count, "0000"), ...pubkeys(count, "ffff"), ...pubkeys(9)]);
  }
});

Deno.test("sortedOrder() keeps equal strings in their order", () => {
  fc.assert(
    fc.property(fc.oneof(someTexts, fc.array(noPubkey)), (texts) => {
      const order = [...sortedOrder(texts)];
      order.forEach((at, i) => {
        if (i > 0 && texts[at] === texts[order[i - 1]]) assert.ok(at > order[i - 1]);
      });
    }),
  );
});

Deno.test("distinct() keeps the first of equals, in order, and copies nothing without duplicates", () => {
  fc.assert(
    fc.property(someTexts, (texts) => {
      const once = [...new Set(texts)];
      assert.deepEqual(distinct(texts, sortedOrder(texts)), once);
      assert.equal(distinct(once, sortedOrder(once)), once);
    }),
  );
});

Deno.test("NIP-01: isPubkey() holds for 64 lowercase hex characters, and for nothing else", () => {
  fc.assert(fc.property(anyPubkey, (pubkey) => isPubkey(pubkey)));
  fc.assert(fc.property(noPubkey, (text) => !isPubkey(text)));
  for (const value of [undefined, null, 7, ["aa".repeat(32)]]) {
    assert.equal(isPubkey(value), false);
  }
});

Deno.test("NIP-01: isPubkey() takes the sixteen lowercase hex digits in each place, and no other character", () => {
  for (let code = 0; code < 0x10000; code++) {
    const digit = String.fromCharCode(code);
    const isDigit = "0123456789abcdef".includes(digit);
    assert.equal(isPubkey(digit.repeat(64)), isDigit, `code ${code}`);
    const at = code % 64;
    assert.equal(isPubkey("a".repeat(at) + digit + "a".repeat(63 - at)), isDigit, `code ${code}`);
  }
});
