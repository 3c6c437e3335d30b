import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { checkFilters, normalFilter } from "../../src/nostr/check_filters.ts";
import { filter } from "../support/arbitraries.ts";
import { frozen } from "../support/requests.ts";

const check = (filters: unknown) => checkFilters(filters as NostrFilter[]);

Deno.test("NIP-01: checkFilters() accepts every filter, also with keys that are undefined or unknown", () => {
  fc.assert(fc.property(fc.array(filter, { maxLength: 3 }), (filters) => {
    checkFilters(frozen(filters));
    checkFilters(filters.map((one) => ({ ...one, authors: undefined, "&p": 7, since: -1.5 })));
  }));
});

Deno.test("NIP-01: checkFilters() refuses by name what is no filter", () => {
  const wrong: [filters: unknown, error: RegExp][] = [
    [{ kinds: [1] }, /the filters must be an array, got a value of type object/],
    [undefined, /the filters must be an array, got undefined/],
    [[{}, null], /filter 1 must be an object, got null/],
    [["x"], /filter 0 must be an object, got "x"/],
    [[[]], /filter 0 must be an object/],
    [[{ authors: "aa" }], /"authors" of filter 0 must be an array of strings, got "aa"/],
    [[{}, { "#p": null }], /"#p" of filter 1 must be an array of strings, got null/],
    [[{ ids: [1] }], /"ids" of filter 0 must be an array of strings, it has 1/],
    [[{ "#t": ["x", undefined] }], /"#t" of filter 0 .* it has undefined/],
    [[{ "#a": new Array(1) }], /"#a" of filter 0 .* it has undefined/],
    [[{ kinds: 1 }], /"kinds" of filter 0 must be an array of integers >= 0, got 1/],
    [[{ kinds: ["1"] }], /"kinds" of filter 0 .* it has "1"/],
    [[{ kinds: [NaN] }], /it has NaN/],
    [[{ kinds: [-1] }], /it has -1/],
    [[{ search: 7 }], /"search" of filter 0 must be a string, got 7/],
    [[{ since: "now" }], /"since" of filter 0 must be a number, got "now"/],
    [[{ until: new Date(0) }], /"until" of filter 0 must be a number, got a value of type object/],
  ];
  for (const [filters, message] of wrong) {
    assert.throws(() => check(filters), { name: "TypeError", message });
  }
  for (const [key, value] of [["since", NaN], ["until", Infinity], ["limit", 1.5], ["limit", -1]]) {
    assert.throws(() => check([{ [key]: value }]), {
      name: "RangeError",
      message: new RegExp(`"${key}" of filter 0 must be .*, got ${value}`),
    });
  }
});

Deno.test("checkFilters() repeats no secret key", () => {
  const secret = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
  for (const wrong of [{ authors: secret }, { search: [secret] }, { kinds: [secret] }]) {
    assert.throws(() => check([wrong]), (error) => !String(error).includes("nsec1v"));
  }
});

Deno.test("NIP-01: normalFilter() asks for whole seconds, and matches the same events", () => {
  const times = fc.double({ min: -3, max: 9, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({ since: times, until: times, limit: fc.nat(3) }, { requiredKeys: [] }),
      (given) => {
        const whole = normalFilter(frozen(given));
        for (const seconds of [whole.since, whole.until]) {
          assert.ok(seconds === undefined || Number.isInteger(seconds));
        }
        assert.deepEqual(Object.keys(whole), Object.keys(given));
        assert.ok(!(whole.since! < 0));
        const matches = ({ since = 0, until = 99 }: NostrFilter, time: number) =>
          time >= since && time <= until;
        for (let time = 0; time < 10; time++) {
          assert.equal(matches(whole, time), matches(given, time));
        }
      },
    ),
  );
  const filter = { since: 1, until: 2 };
  assert.equal(normalFilter(filter), filter);
  const open = { kinds: [1] };
  assert.equal(normalFilter(open), open);
});

Deno.test("NIP-50: normalFilter() leaves an empty search out, and no other", () => {
  const authors = ["aa".repeat(32)];
  for (const search of ["", " ", "\t\n"]) {
    assert.deepEqual(normalFilter(frozen({ authors, search, since: 7 })), { authors, since: 7 });
  }
  const searching = { authors, search: " cats" };
  assert.equal(normalFilter(searching), searching);
});
