import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter, matchFilters } from "nostr-tools";
import { deletedListFilters, deletionFilters, indexDeletions } from "../../src/lists/deletions.ts";
import { LIST_KINDS } from "../../src/nostr/kinds.ts";
import { placesOf } from "../../src/nostr/vanish_requests.ts";
import { deletes, HERE } from "../support/list_store.ts";

const [ALICE, BOB] = ["aa".repeat(32), "bb".repeat(32)];
const IDS = ["01", "02", "03"].map((byte) => byte.repeat(32));

/** Kinds of lists. */
const KINDS = [10002, 10050, 10006];
const about = { content: "", sig: "0".repeat(128) };
const person = fc.constantFrom(ALICE, BOB);
const time = fc.integer({ min: 1, max: 4 });

const list: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constantFrom(...IDS),
  pubkey: person,
  created_at: time,
  kind: fc.constantFrom(...KINDS),
  tags: fc.constant(null).map(() => []),
}).map((event) => ({ ...event, ...about }));

const address = fc.tuple(fc.constantFrom(10002, 10050, 10006, 3), person, fc.constantFrom("", "d"))
  .map((parts) => parts.join(":"));
const tag = fc.oneof(
  { arbitrary: fc.constantFrom(...IDS).map((id) => ["e", id]), weight: 3 },
  { arbitrary: address.map((value) => ["a", value]), weight: 3 },
  fc.constantFrom(["relay", "ALL_RELAYS"], ["relay", HERE], ["relay", "wss://there.example/"]),
  fc.constantFrom<string[]>([], ["e"], ["a"], ["e", ""], ["k", "10002"], ["a", `10002:${ALICE}`]),
);
const deletion: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constant("ff".repeat(32)),
  pubkey: person,
  created_at: time,
  kind: fc.constantFrom(5, 5, 5, 62, 1),
  tags: fc.array(tag.map((tag) => [...tag]), { maxLength: 3 }),
}).map((event) => ({ ...event, ...about }));

const deletions = fc.array(deletion, { maxLength: 5 });
/** The places of a store, and the URL that names it. */
const place = fc.constantFrom({ places: [], url: undefined }, {
  places: placesOf([HERE]),
  url: HERE,
});
const lists = fc.array(list, { minLength: 1, maxLength: 4 });

const numRuns = 2000;

Deno.test("NIP-09, NIP-62: indexDeletions() finds one of the events that delete a list, if there is any", () => {
  fc.assert(
    fc.property(deletions, list, place, (deletions, list, { places, url }) => {
      const found = indexDeletions(deletions, places)(list);
      if (found) assert.ok(deletes(found, list, url));
      else assert.ok(!deletions.some((deletion) => deletes(deletion, list, url)));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09, NIP-62: deletionFilters() match whatever deletes one of the lists", () => {
  fc.assert(
    fc.property(deletion, lists, (deletion, lists) => {
      if (!lists.some((list) => deletes(deletion, list, HERE))) return;
      assert.ok(matchFilters(deletionFilters(lists), deletion));
    }),
    { numRuns },
  );
});

Deno.test("NIP-09, NIP-62: deletionFilters() match only deletions by the lists' authors", () => {
  fc.assert(
    fc.property(lists, (lists) => {
      for (const { authors, kinds } of deletionFilters(lists)) {
        assert.deepEqual(authors, [...new Set(lists.map(({ pubkey }) => pubkey))]);
        assert.ok(kinds?.every((kind) => kind === 5 || kind === 62));
      }
    }),
  );
});

Deno.test("NIP-09, NIP-62: deletedListFilters() match the lists that an event deletes, and no others", () => {
  fc.assert(
    fc.property(deletion, list, place, (deletion, list, { places, url }) => {
      const filters = deletedListFilters(deletion, places);
      assert.equal(
        filters.some((filter) => matchFilter(filter, list)),
        deletes(deletion, list, url),
      );
    }),
    { numRuns },
  );
});

Deno.test("NIP-09: deletedListFilters() have no empty array, no missing id, and kinds of lists alone", () => {
  fc.assert(
    fc.property(deletion, (deletion) => {
      for (const { kinds = [], authors, ids } of deletedListFilters(deletion, [])) {
        assert.deepEqual(authors, [deletion.pubkey]);
        assert.ok(kinds.length > 0 && kinds.every((kind) => LIST_KINDS.includes(kind)));
        if (ids !== undefined) assert.ok(ids.length > 0 && ids.every((id) => id.length === 64));
      }
    }),
    { numRuns },
  );
});
