/**
 * What the laws are tried on: few people, relays, kinds and times, so that they
 * meet.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import { Signer } from "../../testing/signer.ts";

/** Users with keys. */
export const SIGNERS: readonly Signer[] = [1, 2, 3, 4].map((seed) => new Signer(seed));

/** Pubkeys: those of {@link SIGNERS} first, then made-up ones, some of which share their first digits. */
export const PEOPLE: readonly string[] = [
  ...SIGNERS.map(({ pubkey }) => pubkey),
  ...["00", "0a", "0b", "7f", "a0", "aa", "ab", "ff"].map((byte) => byte.repeat(32)),
  ...["1", "2", "3", "4"].map((digit) => digit.padStart(64, "0")),
];

/** Public relays in normal form. Some carry a port, a path or a query. */
export const RELAYS: readonly string[] = [
  "wss://a.example/",
  "wss://b.example/",
  "wss://c.example/",
  "wss://d.example/",
  "wss://e.example/",
  "wss://f.example/",
  "wss://hub.example/",
  "wss://hub.example/Path",
  "wss://hub.example/Path/to?lang=En",
  "wss://hub.example:8080/",
  "wss://1.2.3.4/",
  "wss://[2606:4700::1111]:7777/",
];

/** Strings that lists hold and that name no relay to connect to, with the reason. */
export const REFUSED: readonly (readonly [url: string, reason: string])[] = [
  ["", "no-scheme"],
  ["quote", "no-scheme"],
  ["nos.lol", "no-scheme"],
  ["https://nos.lol", "scheme"],
  ["wss://wss://nos.lol", "several-urls"],
  ["wss://a.example wss://b.example", "several-urls"],
  ["wss://a,example", "comma"],
  ["wss://me@a.example", "credentials"],
  ["wss://1.2.3.4.5", "unparsable"],
  ["wss://no.str..cr", "host"],
  ["wss://127.0.0.1", "local"],
  ["wss://umbrel.local:4848", "local"],
  ["ws://a.example", "insecure"],
  ["wss://abcdef.onion", "onion"],
  ["wss://a.example/".padEnd(300, "x"), "too-long"],
];

/** One of {@link PEOPLE}. */
export const person: fc.Arbitrary<string> = fc.constantFrom(...PEOPLE);

/** Any pubkey. */
export const anyPubkey: fc.Arbitrary<string> = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
  .map((value) => value.toString(16).padStart(64, "0"));

/** What is no pubkey, though an app may take it for one. */
export const noPubkey: fc.Arbitrary<string> = fc.constantFrom(
  "",
  "aa",
  "AA".repeat(32),
  "zz".repeat(32),
  "aa".repeat(33),
  `${"aa".repeat(32)}\n`,
  "npub1xxxx",
);

/** A Unix time, from a few seconds. */
export const time: fc.Arbitrary<number> = fc.integer({
  min: 1_700_000_000,
  max: 1_700_000_005,
});

/** One of {@link RELAYS}. */
export const relay: fc.Arbitrary<string> = fc.constantFrom(...RELAYS);

/** Another way to write the same relay, given its normal form. */
export function spellingOf(url: string): fc.Arbitrary<string> {
  const [, host, port, path, query] = /^wss:\/\/([^/]*?)(:\d+)?(\/[^?]*)(\?.*)?$/.exec(url)!;
  const dot = host.endsWith("]") ? [""] : ["", "."];
  return fc.tuple(
    invisible,
    fc.mixedCase(fc.constant("wss")),
    fc.mixedCase(fc.constant(host)),
    fc.constantFrom(...dot),
    fc.constantFrom(port ?? "", port ?? ":443"),
    fc.array(fc.constantFrom("/", "//", "///"), { minLength: 1, maxLength: 4 }),
    fc.constantFrom(...path === "/" ? ["", "/", "//", "/./"] : ["", "/", "//", "%20", "/%0A/"]),
    fc.constantFrom(...query ? [query, `${query}%20`] : ["", "?", "?%09"]),
    fc.constantFrom("", "#", "#Fragment", "#a%20"),
    invisible,
  ).map(([before, scheme, name, end, number, slashes, tail, search, hash, after]) => {
    let next = 0;
    const segments = path === "/"
      ? ""
      : path.replaceAll("/", () => slashes[next++ % slashes.length]);
    return `${before}${scheme}://${name}${end}${number}${segments}${tail}${search}${hash}${after}`;
  });
}

const invisible = fc.constantFrom(
  "",
  " ",
  "\t",
  "\r\n",
  "\u200b",
  "\ufeff",
  " \u2060\u00a0",
  "%0d%0A",
  "%20",
);

/** A relay, spelled somehow. */
export const spelledRelay: fc.Arbitrary<string> = relay.chain(spellingOf);

/** What may stand in a list: a relay, spelled somehow, or something that is none. */
export const listedUrl: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: relay, weight: 4 },
  { arbitrary: spelledRelay, weight: 2 },
  { arbitrary: fc.constantFrom(...REFUSED.map(([url]) => url)), weight: 1 },
);

/** A list of a filter: seldom an empty one, which matches nothing. */
function some<T>(value: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> {
  const list = fc.uniqueArray(value, { minLength: 1, maxLength });
  return fc.oneof({ arbitrary: list, weight: 19 }, fc.constant(null).map(() => []));
}

const people = some(fc.oneof({ arbitrary: person, weight: 9 }, noPubkey), 8);
const KINDS = [0, 1, 3, 7, 1059, 10002, 30023];
const coordinate = fc.tuple(fc.constantFrom(1, 30023), person, fc.constantFrom("", "d", "a:b"))
  .map((parts) => parts.join(":"));

/** A filter with any of the usual conditions. */
export const filter: fc.Arbitrary<NostrFilter> = fc.record({
  ids: some(anyPubkey, 2),
  kinds: some(fc.constantFrom(...KINDS), 3),
  authors: people,
  "#p": people,
  "#P": people,
  "#a": some(coordinate, 4),
  "#t": some(fc.constantFrom("x", "y"), 2),
  "#h": fc.constant("group").map((group) => [group]),
  since: time,
  until: time.map((seconds) => seconds + 3),
  limit: fc.integer({ min: 0, max: 30 }),
  search: fc.constantFrom("", "words"),
}, { requiredKeys: [], noNullPrototype: true });

const tag = fc.oneof(
  fc.tuple(fc.constantFrom("p", "P"), person),
  fc.tuple(fc.constantFrom("a", "A"), coordinate),
  fc.tuple(fc.constantFrom("t", "h"), fc.constantFrom("x", "y", "group")),
);

/** An event that filters may match. It is not signed: planners do not look. */
export const event: fc.Arbitrary<NostrEvent> = fc.record({
  id: anyPubkey,
  pubkey: person,
  created_at: time,
  kind: fc.constantFrom(...KINDS),
  tags: fc.array(tag.map((tag): string[] => [...tag]), { maxLength: 5 }),
  content: fc.constant(""),
  sig: fc.constant("0".repeat(128)),
});

/** An event that the filter matches, if any can: a base from which laws start. */
export function eventFor(filter: NostrFilter): fc.Arbitrary<NostrEvent> {
  const oneOf = <T>(values: readonly T[] | undefined, other: fc.Arbitrary<T>) =>
    values?.length ? fc.constantFrom(...values) : other;
  const wanted = Object.entries(filter).flatMap(([key, values]) =>
    key.startsWith("#") && Array.isArray(values) && values.length > 0
      ? [fc.constantFrom(...values as string[]).map((value) => [key.slice(1), value])]
      : []
  );
  return fc.tuple(
    event,
    fc.tuple(...wanted),
    oneOf(filter.authors, person),
    oneOf(filter.kinds, fc.constantFrom(...KINDS)),
    oneOf(filter.ids, anyPubkey),
    fc.constantFrom(filter.since, filter.until),
  ).map(([base, tags, pubkey, kind, id, created_at]) => ({
    ...base,
    id,
    pubkey,
    kind,
    created_at: created_at ?? base.created_at,
    tags: [...base.tags, ...tags],
  }));
}
