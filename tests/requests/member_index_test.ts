import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import { matchFilters } from "nostr-tools";
import assert from "node:assert/strict";
import { MemberIndex } from "../../src/requests/member_index.ts";
import { AUTHORS, note } from "../support/notes.ts";

/** Some values, perhaps with one of them twice. */
const values = (of: readonly string[]) =>
  fc.tuple(fc.subarray([...of], { minLength: 1 }), fc.boolean())
    .map(([some, isTwice]) => isTwice ? [...some, some[0]] : some);
const PEOPLE = AUTHORS.slice(0, 3);
const filter: fc.Arbitrary<NostrFilter> = fc.record({
  kinds: fc.subarray([0, 1], { minLength: 1 }),
  authors: values(PEOPLE),
  "#p": values(PEOPLE),
  "#t": values(["a", "b"]),
  search: fc.constant("a"),
}, { requiredKeys: [] });
const tags = fc.array(fc.tuple(fc.constantFrom("p", "t"), fc.constantFrom(...PEOPLE, "a", "b")));

Deno.test("MemberIndex finds those whose filters match an event, each once, and none that was deleted", () => {
  const members = fc.array(fc.array(filter, { minLength: 1, maxLength: 2 }), { maxLength: 6 });
  const law = fc.property(
    members,
    fc.nat({ max: 2 }),
    fc.nat({ max: 1 }),
    tags,
    (all, p, kind, tags) => {
      const index = new MemberIndex<number>();
      all.forEach((filters, i) => index.add(filters, i));
      all.forEach((_, i) => i % 3 === 0 && index.delete(i));
      const event = note({ pubkey: PEOPLE[p], kind, tags });
      const expected = [...all.keys()].filter((i) => i % 3 > 0 && matchFilters(all[i], event));
      assert.deepEqual(index.of(event).sort(), expected);
    },
  );
  fc.assert(law, { numRuns: 1_000 });
});
