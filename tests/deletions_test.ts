import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import { matchFilter, matchFilters } from "nostr-tools";
import { deletionFilters, takenBackFilters, takesBack } from "../src/deletions.ts";

const [ALICE, BOB] = ["aa".repeat(32), "bb".repeat(32)];
const IDS = ["01", "02", "03"].map((byte) => byte.repeat(32));

const about = { content: "", sig: "0".repeat(128) };
const person = fc.constantFrom(ALICE, BOB);
const time = fc.integer({ min: 1, max: 4 });

const list: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constantFrom(...IDS),
  pubkey: person,
  created_at: time,
  kind: fc.constant(10002),
  tags: fc.constant(null).map(() => []),
}).map((event) => ({ ...event, ...about }));

const address = fc.tuple(fc.constantFrom(10002, 10050, 3), person, fc.constantFrom("", "d"))
  .map((parts) => parts.join(":"));
const tag = fc.oneof(
  { arbitrary: fc.constantFrom(...IDS).map((id) => ["e", id]), weight: 3 },
  { arbitrary: address.map((value) => ["a", value]), weight: 3 },
  fc.constantFrom<string[]>([], ["e"], ["a"], ["e", ""], ["k", "10002"], ["a", `10002:${ALICE}`]),
);
const deletion: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constant("ff".repeat(32)),
  pubkey: person,
  created_at: time,
  kind: fc.constantFrom(5, 5, 5, 62, 1),
  tags: fc.array(tag.map((tag) => [...tag]), { maxLength: 3 }),
}).map((event) => ({ ...event, ...about }));

/** NIP-09 and NIP-62 word for word. */
function plainly(deletion: NostrEvent, list: NostrEvent): boolean {
  if (deletion.pubkey !== list.pubkey) return false;
  const byId = deletion.tags.some((tag) => tag[0] === "e" && tag[1] === list.id);
  const byAddress = deletion.tags.some((tag) => tag.join() === `a,10002:${list.pubkey}:`);
  const older = list.created_at <= deletion.created_at;
  if (deletion.kind === 62) return older;
  return deletion.kind === 5 && (byId || (byAddress && older));
}

const numRuns = 2000;

Deno.test("NIP-09, NIP-62: takesBack() is what the NIPs say", () => {
  fc.assert(
    fc.property(deletion, list, (deletion, list) => {
      assert.equal(takesBack(deletion, list), plainly(deletion, list));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09, NIP-62: deletionFilters() miss nothing that takes a list back", () => {
  fc.assert(
    fc.property(deletion, list, (deletion, list) => {
      if (plainly(deletion, list)) assert.ok(matchFilters(deletionFilters(list), deletion));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09, NIP-62: deletionFilters() ask for the author's own deletions alone", () => {
  fc.assert(
    fc.property(list, (list) => {
      for (const { authors, kinds } of deletionFilters(list)) {
        assert.deepEqual(authors, [list.pubkey]);
        assert.ok(kinds?.every((kind) => kind === 5 || kind === 62));
      }
    }),
  );
});

Deno.test("NIP-09, NIP-62: takenBackFilters() find the lists that a deletion takes back, no others", () => {
  fc.assert(
    fc.property(deletion, list, (deletion, list) => {
      const found = takenBackFilters(deletion).some((filter) => matchFilter(filter, list));
      assert.equal(found, plainly(deletion, list));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09: takenBackFilters() have no empty list and no missing id", () => {
  fc.assert(
    fc.property(deletion, (deletion) => {
      for (const { kinds, authors, ids } of takenBackFilters(deletion)) {
        assert.deepEqual([kinds, authors], [[10002], [deletion.pubkey]]);
        if (ids !== undefined) assert.ok(ids.length > 0 && ids.every((id) => id.length === 64));
      }
    }),
    { numRuns },
  );
});
