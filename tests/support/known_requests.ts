/**
 * Small worlds for the laws of requests, with everything that may be known: lists of every
 * kind, hints, groups, several URLs of one host.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import type { RelayHint, RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { eventKey, subjectKey } from "../../src/nostr/subject_key.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { PEOPLE, REFUSED, RELAYS, someOf } from "./requests.ts";

/** Relays; some share a host. */
export const HOSTED: readonly string[] = [
  ...RELAYS.slice(0, 6),
  "wss://q.example/inbox",
  "wss://q.example/a",
  "wss://w.example/long",
  "wss://w.example:8080/",
];

/** Ids of events. */
export const IDS: readonly string[] = ["a1", "b2", "c3"].map((byte) => byte.repeat(32));

/** Coordinates of articles, two of one author, and one that names nobody. */
export const ADDRESSES: readonly string[] = [
  ...[0, 0, 1, 2].map((person, i) => `30023:${PEOPLE[person]}:x:${i}`),
  "30023:not-a-pubkey:x",
];

/** Ids of groups. */
export const GROUPS: readonly string[] = ["cats", "dogs", "id:x"];

/** The relay that the user blocks in tests of block lists. */
export const BLOCKED = HOSTED[2];

/** A request, what is known about its subjects, and options. */
export interface KnownRequest {
  readonly filters: NostrFilter[];
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly options: PlanOptions;
}

const people = fc.array(fc.constantFrom(...PEOPLE.slice(0, 6), "not-a-pubkey"), { maxLength: 8 });

const condition = {
  kinds: fc.constantFrom<number[][]>(
    [1],
    [0, 3],
    [1, 6, 10_002],
    [1059],
    [1, 1059, 21_059],
    [31_234],
    [1, 31_234, 0],
  ),
  "#t": fc.constantFrom<string[][]>(["nostr"], ["a", "b"]),
  since: fc.constant(1_700_000_000),
  limit: fc.constantFrom(0, 1, 50),
};

/** Any filter; filters that name one sort of subject are more frequent. */
const filter: fc.Arbitrary<NostrFilter> = fc.oneof(
  fc.record({ authors: people, ...condition }, { requiredKeys: ["authors"] }),
  fc.record({ "#p": people, ...condition }, { requiredKeys: ["#p"] }),
  fc.record({ ids: someOf(IDS, 3), ...condition }, { requiredKeys: ["ids"] }),
  fc.record({ "#h": someOf(GROUPS, 3), ...condition, search: fc.constant("words") }, {
    requiredKeys: ["#h"],
  }),
  fc.record({ "#e": someOf(IDS, 3), ...condition }, { requiredKeys: ["#e"] }),
  fc.record({ "#q": someOf([...IDS, ...ADDRESSES], 4), ...condition }, { requiredKeys: ["#q"] }),
  fc.record({
    ...condition,
    authors: people,
    "#p": people,
    "#A": someOf(ADDRESSES, 4),
    "#E": someOf(IDS, 2),
    "#h": someOf(GROUPS, 2),
    ids: someOf(IDS, 2),
    search: fc.constant("words"),
  }, { requiredKeys: [] }),
);

const entries = fc.array(fc.constantFrom(...HOSTED, ...REFUSED), { maxLength: 5 });

const hints: fc.Arbitrary<RelayHint[]> = entries.map((urls) =>
  urls.map((url, i) => ({ url, weight: 1 / (i + 2), source: i === 1 ? "author" : "tag" }))
);

const person: fc.Arbitrary<RelayKnowledge> = fc.record({
  write: entries,
  read: entries,
  dm: entries,
  private: entries,
  hints,
}, { requiredKeys: [] });

const knowledge: fc.Arbitrary<ReadonlyMap<string, RelayKnowledge>> = fc.tuple(
  fc.array(fc.tuple(fc.constantFrom(...PEOPLE.slice(0, 6)), person), { maxLength: 7 }),
  fc.array(
    fc.tuple(
      fc.constantFrom(
        ...[...IDS, ...ADDRESSES].map(eventKey),
        ...GROUPS.map((id) => subjectKey("group", id)),
      ),
      fc.record({ hints, author: fc.constantFrom(...PEOPLE.slice(0, 3), "not-a-pubkey") }, {
        requiredKeys: ["hints"],
      }),
    ),
    { maxLength: 6 },
  ),
).map(([people, others]) => new Map<string, RelayKnowledge>([...people, ...others]));

const options: fc.Arbitrary<PlanOptions> = fc.record({
  fallbackRelays: someOf(RELAYS.slice(0, 6), 3),
  indexerRelays: someOf(RELAYS.slice(4), 3),
  searchRelays: someOf(RELAYS.slice(5, 8), 2),
  maxRelays: fc.integer({ min: 1, max: 8 }),
  relaysPerAuthor: fc.integer({ min: 1, max: 3 }),
  authorsPerFilter: fc.integer({ min: 1, max: 4 }),
  maxFiltersPerRelay: fc.constantFrom(1, 3, 100),
  weight: fc.constantFrom(
    () => 1,
    (url: string) => url.charCodeAt(6) % 3,
    (url: string) => 1 / url.length,
  ),
});

/** Any request. */
export const knownRequests: fc.Arbitrary<KnownRequest> = fc.record({
  filters: fc.array(filter, { maxLength: 4 }),
  knowledge,
  options,
});

const LISTS = ["write", "read", "dm", "private"];

/** The same request, with everything whose order must not matter in another order. */
export function otherwise({ filters, knowledge, options }: KnownRequest): KnownRequest {
  const turned = (lists: RelayKnowledge): RelayKnowledge =>
    Object.fromEntries(
      Object.entries(lists)
        .map(([key, urls]) => [key, LISTS.includes(key) ? urls.toReversed() : urls]),
    );
  return {
    filters: filters.map((filter) =>
      Object.fromEntries(
        Object.entries(filter).reverse()
          .map(([key, value]) => [key, Array.isArray(value) ? value.toReversed() : value]),
      )
    ).reverse(),
    knowledge: new Map([...knowledge].reverse().map(([key, lists]) => [key, turned(lists)])),
    options,
  };
}
