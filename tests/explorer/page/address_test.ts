import assert from "node:assert/strict";
import fc from "fast-check";
import { type Address, addressText, readAddress } from "../../../src/explorer/page/address.ts";
import { REACHES } from "../../../src/explorer/page/reaches.ts";

const PLAIN = { noNullPrototype: true };
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 100 })
  .filter((text) => text.isWellFormed());
const selection = fc.oneof(
  fc.record({ relay: text }, PLAIN),
  fc.record({ person: text }, PLAIN),
  fc.record({ reach: fc.constantFrom(...REACHES) }, PLAIN),
);
const addresses: fc.Arbitrary<Address> = fc.record({
  cap: fc.integer({ min: 1, max: 1_000 }),
  selection,
  search: text,
}, { ...PLAIN, requiredKeys: [] });

Deno.test("readAddress() reads what addressText() wrote", () => {
  fc.assert(fc.property(addresses, (address) => {
    assert.deepEqual(readAddress(`#${addressText(address)}`), address);
    assert.deepEqual(readAddress(new URL(`file:///a#${addressText(address)}`).hash), address);
  }));
  assert.equal(addressText({ cap: 5, selection: { reach: "one" } }), "cap=5&reach=one");
  assert.equal(addressText({ search: "" }), "");
});

Deno.test("readAddress() leaves out what cannot be read, and never throws", () => {
  for (
    const junk of [
      "",
      "#",
      "#cap=0",
      "#cap=x&reach=many",
      "#%&%ff",
      "#person=",
      `#search=${"a".repeat(3_000)}`,
    ]
  ) {
    assert.deepEqual(readAddress(junk), {}, junk);
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (junk) => void readAddress(junk)));
});
