/**
 * Random histories of events and random filters, from so few authors, kinds,
 * times and tags that they meet.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import type { Sign } from "./events.ts";

const AUTHORS = [1, 2];
const KINDS = [0, 1, 1059, 10002, 10050, 20001, 30000];
const VALUES = ["", "a", "b", "it's \"q%_uo'ted\"", "ü😀"];

const author = fc.constantFrom(...AUTHORS);
const time = fc.integer({ min: 1, max: 4 });
const tag = fc.tuple(
  fc.constantFrom("d", "r", "t", "long"),
  fc.constantFrom(...VALUES),
).map((tag) => [...tag]);

const post = fc.record({
  author,
  kind: fc.constantFrom(...KINDS),
  created_at: time,
  content: fc.constantFrom("", "x", "y"),
  tags: fc.array(tag, { maxLength: 3 }),
});

/** A deletion of other events, named by their place in the history. */
const deletion = fc.record({
  author,
  kind: fc.constant(5),
  created_at: time,
  ids: fc.array(fc.nat(30), { maxLength: 2 }),
  addresses: fc.array(fc.nat(30), { maxLength: 2 }),
});

const vanish = fc.record({
  author,
  kind: fc.constant(62),
  created_at: time,
  tags: fc.constantFrom<string[][][]>(
    [["relay", "ALL_RELAYS"]],
    [["relay", "wss://other.example"], ["relay", "ALL_RELAYS"]],
    [["relay", "wss://other.example"]],
    [["r", "ALL_RELAYS"], ["relay", "all_relays"], []],
  ),
});

/** A gift wrap to one of the authors, or to both. */
const wrap = fc.record({
  author: fc.constantFrom(1, 2, 3),
  kind: fc.constant(1059),
  created_at: time,
  recipients: fc.subarray(AUTHORS),
});

/**
 * Up to 60 events, some of which delete others. They come in any order, and some
 * more than once.
 */
export function histories(sign: Sign): fc.Arbitrary<NostrEvent[]> {
  const posts = fc.array(
    fc.oneof(
      { arbitrary: post, weight: 9 },
      { arbitrary: vanish, weight: 1 },
      {
        arbitrary: wrap.map(({ recipients, ...draft }) => ({
          ...draft,
          tags: recipients.map((author) => ["p", sign({ author }).pubkey]),
        })),
        weight: 1,
      },
    ),
    { minLength: 1, maxLength: 30 },
  );
  const deletions = fc.array(deletion, { maxLength: 6 });
  return fc.tuple(posts, deletions).chain(([posts, deletions]) => {
    const events = posts.map(sign);
    for (const { author, created_at, ids, addresses } of deletions) {
      const at = (n: number) => events[n % events.length];
      const tags = [
        ...ids.map((n) => ["e", at(n).id]),
        ...addresses.map((n) => ["a", nameOf(at(n))]),
      ];
      events.push(sign({ author, kind: 5, created_at, tags }));
    }
    return fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 60 });
  });
}

/** How a deletion would name an event by address, also where it has none. */
function nameOf({ kind, pubkey, tags }: NostrEvent): string {
  const d = tags.find(([name]) => name === "d")?.[1] ?? "";
  return `${kind}:${pubkey}:${kind >= 30000 ? d : ""}`;
}

/** One to three filters about such events. */
export function filtersFor(
  events: readonly NostrEvent[],
  sign: Sign,
): fc.Arbitrary<NostrFilter[]> {
  const some = <T>(values: readonly T[]) =>
    fc.uniqueArray(fc.constantFrom(...values), { maxLength: 4 });
  const filter = fc.record({
    ids: some(events.map(({ id }) => id)),
    authors: some([...AUTHORS, 9].map((author) => sign({ author }).pubkey)),
    kinds: some([...KINDS, 5, 62]),
    since: time,
    until: time,
    limit: fc.integer({ min: 0, max: 5 }),
    "#d": some(VALUES),
    "#t": some(VALUES),
  }, { requiredKeys: [] });
  return fc.array(filter, { minLength: 1, maxLength: 3 });
}
