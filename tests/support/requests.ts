/**
 * Small worlds for the laws of requests: few people, few relays, so that every
 * kind of clash happens often.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import type { RefusedRelay } from "../../src/nostr/relay_policy.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";

/** Twelve pubkeys; half of them differ in the last digits alone. */
export const PEOPLE: readonly string[] = Array.from(
  { length: 12 },
  (_, i) =>
    i % 2 ? `${"5eed".repeat(15)}${1000 - i * 9}`.padEnd(64, "0") : "02468a"[i / 2].repeat(64),
);

/** Ten relays in normal form. */
export const RELAYS: readonly string[] = Array.from(
  { length: 10 },
  (_, i) => `wss://${"qwertzuiop"[i]}.example/`,
);

/** Strings that the default policy refuses. */
export const REFUSED: readonly string[] = ["ws://127.0.0.1/", "wss://printer.local/", "junk"];

/** Some of these values, each once, in any order. */
export function someOf<T>(values: readonly T[], maxLength: number): fc.Arbitrary<T[]> {
  return fc.uniqueArray(fc.constantFrom(...values), { maxLength });
}

/** A request, the relay lists of its people, and options. */
export interface Request {
  readonly filters: NostrFilter[];
  readonly lists: ReadonlyMap<string, RelayList>;
  readonly options: PlanOptions;
}

const people = fc.array(fc.constantFrom(...PEOPLE, "not-a-pubkey"), { maxLength: 14 });

const filter: fc.Arbitrary<NostrFilter> = fc.record({
  kinds: fc.constantFrom<number[][]>([1], [0, 3], [1, 6, 7], [1059], [1, 1059]),
  authors: people,
  "#p": people,
  "#P": people,
  "#t": fc.constantFrom<string[][]>(["nostr"], ["a", "b"]),
  ids: fc.constant(["ff".repeat(32)]),
  search: fc.constant("bitcoin"),
  since: fc.constant(1_700_000_000),
  limit: fc.constantFrom(0, 1, 50),
}, { requiredKeys: [] });

/** Entries of a list: some are refused, some stand twice. */
const entries = fc.array(fc.constantFrom(...RELAYS, ...REFUSED), { maxLength: 6 });

const lists: fc.Arbitrary<ReadonlyMap<string, RelayList>> = fc.array(
  fc.record({
    pubkey: fc.constantFrom(...PEOPLE),
    created_at: fc.nat(),
    write: entries,
    read: entries,
    refused: fc.constantFrom<RefusedRelay[][]>([], [{ url: "junk", reason: "no-scheme" }]),
  }),
  { maxLength: 14 },
).map((all) => new Map(all.map((list) => [list.pubkey, list])));

const options: fc.Arbitrary<PlanOptions> = fc.record({
  fallbackRelays: someOf(RELAYS, 3),
  indexerRelays: fc.constant([]),
  maxRelays: fc.integer({ min: 1, max: 6 }),
  relaysPerAuthor: fc.integer({ min: 1, max: 3 }),
  // They need more people, and have laws of their own.
  popularRelays: fc.constant(0),
  authorsPerFilter: fc.integer({ min: 1, max: 4 }),
  maxFiltersPerRelay: fc.constantFrom(1, 2, 3, 100),
  weight: fc.constantFrom(
    () => 1,
    (url: string) => url.charCodeAt(6) % 3,
    (url: string) => 1 / url.charCodeAt(6),
  ),
});

/** Any request. */
export const requests: fc.Arbitrary<Request> = fc.record({
  filters: fc.array(filter, { maxLength: 4 }),
  lists,
  options,
});

/** The same request, with everything whose order must not matter in another order. */
export function reordered({ filters, lists, options }: Request): Request {
  const turned = (list: RelayList) => ({
    ...list,
    write: [...list.write].reverse(),
    read: [...list.read].reverse(),
  });
  return {
    filters: filters.map((filter) =>
      Object.fromEntries(
        Object.entries(filter).reverse()
          .map(([key, value]) => [key, Array.isArray(value) ? [...value].reverse() : value]),
      )
    ).reverse(),
    lists: new Map([...lists].reverse().map(([pubkey, list]) => [pubkey, turned(list)])),
    options,
  };
}

/** Freezes a value and all that is in it, so that changing it throws. */
export function frozen<T>(value: T): T {
  if (value instanceof Map) value.forEach(frozen);
  else if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}
