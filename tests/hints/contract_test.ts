import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import { naddrEncode, neventEncode, nprofileEncode } from "nostr-tools/nip19";
import { contentHints } from "../../src/hints/content_hints.ts";
import { deliveryHints } from "../../src/hints/delivery_hints.ts";
import { eventTagHints } from "../../src/hints/event_tag_hints.ts";
import { followListHints } from "../../src/hints/follow_list_hints.ts";
import type { Hint } from "../../src/hints/hint.ts";
import { nip05Hints } from "../../src/hints/nip05_document.ts";
import { nip19Hints } from "../../src/hints/nip19_hints.ts";
import { draft } from "../../testing/memory_source.ts";
import { anyPubkey, listedUrl, PEOPLE, person } from "../support/arbitraries.ts";
import { distinctHints, IDS, part, testHintReader, urls } from "../support/hint_contract.ts";

const [ALICE, BOB] = PEOPLE;
const id = fc.constantFrom(...IDS);
const group = fc.constantFrom("pizza", "a:b", "x".repeat(100));
const url = listedUrl.filter((url) => url !== "" && url.length <= 256);
const FLOOD = Array.from({ length: 20_000 }, (_, i) => i);
const manyUrls = FLOOD.map((i) => `wss://r${i}.example`);
const somebody = (i: number) => i.toString(16).padStart(64, "0");

/** Decoding drops a byte order mark at the start of a text. */
const encodable = urls.map((urls) => urls.filter((url) => !url.startsWith("\ufeff")));

testHintReader("NIP-19: nip19Hints", {
  reader: nip19Hints,
  junk: fc.oneof(
    part,
    fc.string({ unit: fc.constantFrom(..."npubeventaddrofil1qz:/ ") }),
    fc.tuple(part, fc.constantFrom("npub1", "nevent1", "nostr:naddr1", "nsec1"), part)
      .map((parts) => parts.join("")),
  ),
  genuine: fc.record({ id, author: fc.option(person), pubkey: person, relays: encodable }).chain(
    ({ id, author, pubkey, relays }) => {
      const hints = (about: string, more = {}): Hint[] =>
        relays.map((url) => ({ subject: about, url, source: "nip19", ...more }));
      const event = author ? { id, author, relays } : { id, relays };
      const address = { identifier: "pizza", pubkey, kind: 30023, relays };
      const hinted: [string, Hint[]][] = [
        [nprofileEncode({ pubkey, relays }), hints(pubkey)],
        [
          neventEncode(event),
          author && relays.length === 0
            ? [{ subject: `id:${id}`, source: "nip19", author }]
            : [...hints(`id:${id}`, author ? { author } : {}), ...author ? hints(author) : []],
        ],
        [naddrEncode(address), [...hints(`address:30023:${pubkey}:pizza`), ...hints(pubkey)]],
        [naddrEncode({ ...address, kind: 39000 }), [...hints(pubkey), ...hints("group:pizza")]],
      ];
      return fc.constantFrom(...hinted).chain(([code, hints]) =>
        fc.constantFrom(code, ` nostr:${code}\n`, `https://njump.me/${code}?x=1`)
          .map((text) => [text, hints] as const)
      );
    },
  ),
  flood: [nprofileEncode({ pubkey: ALICE, relays: manyUrls.slice(0, 100) }), 8],
});

const junkTag = fc.oneof(
  { arbitrary: fc.array(part, { maxLength: 6 }), weight: 9 },
  fc.anything(),
) as fc.Arbitrary<string[]>;

/** An event of one of these kinds, full of junk. */
function junkEvent(...kinds: number[]): fc.Arbitrary<NostrEvent> {
  return fc.record({
    id: anyPubkey,
    pubkey: part,
    created_at: fc.constant(1_700_000_000),
    kind: fc.constantFrom(...kinds),
    tags: fc.array(junkTag),
    content: fc.oneof(fc.string(), fc.json(), fc.dictionary(part, fc.anything()).map(jsonOf)),
    sig: fc.constant(""),
  });
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => typeof part === "bigint" ? `${part}` : part);
}

const use = fc.constantFrom<[use: unknown, writes: boolean]>(
  [{ read: true, write: true }, true],
  [{ write: false }, false],
  [{}, true],
  [null, true],
);

testHintReader("NIP-02: followListHints", {
  reader: followListHints,
  junk: junkEvent(3, 3, 3, 1),
  genuine: fc.record({
    map: fc.dictionary(url, use, { maxKeys: 8, noNullPrototype: true }),
    follows: fc.array(fc.tuple(person, fc.option(url)), { maxLength: 8 }),
  }).map(({ map, follows }) => {
    const content = jsonOf(
      Object.fromEntries(Object.entries(map).map(([url, [use]]) => [url, use])),
    );
    const tags = follows.map(([pubkey, url]) => url === null ? ["p", pubkey] : ["p", pubkey, url]);
    const hinted = [
      ...Object.entries(map).flatMap(([url, [, writes]]) => writes ? [[ALICE, url]] : []),
      ...tags.filter(([, , url]) => url !== undefined).map(([, pubkey, url]) => [pubkey, url]),
    ];
    const hints = hinted.map(([subject, url]): Hint => ({ subject, url, source: "follows" }));
    return [draft({ kind: 3, pubkey: ALICE, content, tags }), distinctHints(hints)] as const;
  }).filter(([, hints]) => hints.filter(({ subject }) => subject === ALICE).length <= 8),
  flood: [
    draft({
      kind: 3,
      content: jsonOf(Object.fromEntries(manyUrls.slice(0, 2_000).map((url) => [url, {}]))),
      tags: FLOOD.map((i) => ["p", somebody(i), manyUrls[i]]),
    }),
    5_008,
  ],
});

/** A tag with a relay, and the hints in it. */
const hintingTag = fc.record({ id, pubkey: person, group, url }).chain(
  ({ id, pubkey, group, url }) => {
    const hint = (subject: string, author?: string): Hint => {
      const hint = { subject, url, source: "tag" } as const;
      return author ? { ...hint, author } : hint;
    };
    const event = hint(`id:${id}`);
    const authored = [hint(`id:${id}`, pubkey), hint(pubkey)];
    const coordinate = `30023:${pubkey}:x:y`;
    return fc.constantFrom<[tag: string[], hints: Hint[]]>(
      [["p", pubkey, url], [hint(pubkey)]],
      [["P", pubkey, url, "name"], [hint(pubkey)]],
      [["e", id, url], [event]],
      [["e", id, url, "reply"], [event]],
      [["e", id, url, "reply", pubkey], authored],
      [["e", id, url, pubkey], authored],
      [["E", id, url, pubkey], authored],
      [["q", id, url], [event]],
      [["q", id, url, pubkey], authored],
      [["q", coordinate, url], [hint(`address:${coordinate}`), hint(pubkey)]],
      [["a", coordinate, url], [hint(`address:${coordinate}`), hint(pubkey)]],
      [["A", coordinate, url], [hint(`address:${coordinate}`), hint(pubkey)]],
      [["h", group, url], [hint(`group:${group}`)]],
      [["p", pubkey], []],
      [["e", id, "", "", pubkey], [{ subject: `id:${id}`, source: "tag", author: pubkey }]],
      [["t", pubkey, url], []],
      [["group", group, url], []],
    );
  },
);

testHintReader("eventTagHints", {
  reader: eventTagHints,
  junk: junkEvent(1, 1, 3, 10009, 30000),
  genuine: fc.record({
    kind: fc.constantFrom(1, 6, 1111, 9735, 30000),
    // More than 8 relays for one subject would be cut.
    hinted: fc.array(hintingTag, { maxLength: 8 }),
  }).map(({ kind, hinted }) => [
    draft({ kind, tags: hinted.map(([tag]) => tag) }),
    distinctHints(hinted.flatMap(([, hints]) => hints)),
  ]),
  flood: [
    draft({ tags: FLOOD.map((i) => ["e", somebody(i), manyUrls[i], "", somebody(i + 30_000)]) }),
    1_000,
  ],
});

testHintReader("NIP-27: contentHints", {
  reader: contentHints,
  junk: fc.record({
    content: fc.oneof(
      part,
      fc.string({ unit: fc.constantFrom(..."nostr:npubeventaddrofil1qz ") }),
      fc.tuple(part, fc.constantFrom("nostr:nevent1", "nostr:npub1qq", "nostr:nsec1"), part)
        .map((parts) => parts.join("")),
    ).map(String),
  }),
  genuine: fc.tuple(id, fc.option(person), person, encodable, group).map(
    ([id, author, pubkey, relays, identifier]) => {
      const hints = (subject: string, more = {}): Hint[] =>
        relays.map((url) => ({ subject, url, source: "tag", ...more }));
      const event = author ? { id, author, relays } : { id, relays };
      const address = { identifier, pubkey, kind: 30023, relays };
      const alone: Hint[] = author && relays.length === 0
        ? [{ subject: `id:${id}`, source: "tag", author }]
        : [];
      const content = `As nostr:${neventEncode(event)}, said ` +
        `(nostr:${nprofileEncode({ pubkey, relays })}): nostr:${naddrEncode(address)}`;
      return [
        { content },
        distinctHints([
          ...hints(`id:${id}`, author ? { author } : {}),
          ...author ? hints(author) : [],
          ...alone,
          ...hints(`address:30023:${pubkey}:${identifier}`),
          ...hints(pubkey),
        ]),
      ] as const;
    },
  ),
  flood: [
    {
      content: FLOOD.map((i) =>
        `nostr:${neventEncode({ id: somebody(i), relays: [`wss://${i}`] })}`
      ).join(" "),
    },
    20,
  ],
});

testHintReader("deliveryHints", {
  reader: deliveryHints,
  junk: fc.record({
    event: fc.record({ kind: fc.nat(40_000), pubkey: part }),
    relay: part,
  }),
  genuine: fc.record({
    event: fc.record({
      kind: fc.constantFrom(0, 1, 3, 6, 1059, 1111, 9735, 10002, 21059, 22242, 30023),
      pubkey: person,
    }),
    relay: url,
  }).map((delivery) => {
    const { event: { kind, pubkey: subject }, relay: url } = delivery;
    const counts = [1, 6, 1111, 9735, 30023].includes(kind);
    return [delivery, counts ? [{ subject, url, source: "delivered" }] : []];
  }),
  flood: [{ event: draft({ pubkey: BOB }), relay: manyUrls[0] }, 1],
});

testHintReader("NIP-05: nip05Hints", {
  reader: nip05Hints,
  junk: fc.record({ pubkey: part, relays: fc.array(part) }),
  genuine: fc.tuple(person, urls).map(([pubkey, relays]) => [
    { pubkey, relays },
    relays.map((url) => ({ subject: pubkey, url, source: "nip05" })),
  ]),
  flood: [{ pubkey: ALICE, relays: manyUrls }, 8],
});
