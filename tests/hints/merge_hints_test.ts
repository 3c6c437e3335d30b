import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint } from "../../src/hints/hint.ts";
import { TRUST } from "../../src/hints/hint_weight.ts";
import { addAttached, addDmLists, addHints, authorHints } from "../../src/hints/merge_hints.ts";
import type { HintSource, RelayHint, RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";

const [ALICE, BOB] = ["aa", "bb"].map((byte) => byte.repeat(32));
const SOURCES = Object.keys(TRUST) as HintSource[];

const hint = fc.record({
  url: fc.constantFrom("wss://a.example/", "wss://b.example/", "wss://c.example/"),
  weight: fc.constantFrom(0.1, 0.5, 1),
  source: fc.constantFrom(...SOURCES),
}, { noNullPrototype: true });

Deno.test("addAttached() weighs each hint by its source, as one of this moment", () => {
  const hints = SOURCES.map((source) => ({
    subject: ALICE,
    url: `wss://${source}.example`,
    source,
  }));
  const bob: Hint = { subject: BOB, url: "wss://b.example", source: "tag" };
  const found = addAttached(new Map(), [...hints, bob]);
  assert.deepEqual([...found.keys()], [ALICE, BOB]);
  assert.deepEqual(
    new Set(found.get(ALICE)!.hints),
    new Set(hints.map(({ url, source }) => ({ url, source, weight: TRUST[source].first }))),
  );
});

Deno.test("addAttached() leaves out a hint from an unknown source, whatever its name", () => {
  const known = new Map<string, RelayKnowledge>([[ALICE, { write: ["wss://a.example/"] }]]);
  for (const name of ["rumour", "toString", "__proto__", "missed"]) {
    const source = name as HintSource;
    const all = addAttached(known, [
      { subject: BOB, url: "wss://b.example", source },
      { subject: "id:1", source, author: ALICE },
    ]);
    assert.deepEqual([...all], [...known], name);
  }
});

Deno.test("authorHints() say that an event may be at its author's write relays", () => {
  assert.deepEqual(authorHints({ write: ["wss://a.example/"], read: ["wss://b.example/"] }), [
    { url: "wss://a.example/", weight: 1, source: "author" },
  ]);
  assert.deepEqual(authorHints({}), []);
});

Deno.test("authorHints() leave room for a relay where an event was seen, if its author has many relays", () => {
  const write = ["a", "b", "c"].map((name) => `wss://${name}.example/`);
  const [first, ...others] = authorHints({ write });
  for (const source of ["hand", "nip19", "nip05"] as const) {
    assert.ok(others.every(({ weight }) => weight < TRUST[source].first), source);
  }
  assert.equal(first.weight, 1);
});

Deno.test("addDmLists() adds kind 10050 lists, and leaves its input as it was", () => {
  const known: ReadonlyMap<string, RelayKnowledge> = new Map([[ALICE, {
    write: ["wss://a.example/"],
  }]]);
  const dm = ["wss://dm.example/"];
  const list = { created_at: 0, write: dm, read: dm };
  const lists = new Map([ALICE, BOB].map((pubkey) => [pubkey, { pubkey, ...list }]));
  assert.deepEqual([...addDmLists(known, lists)], [
    [ALICE, { write: ["wss://a.example/"], dm }],
    [BOB, { dm }],
  ]);
  assert.deepEqual([...known], [[ALICE, { write: ["wss://a.example/"] }]]);
});

Deno.test("addAttached() adds hints, and for an event the relays of the author that a hint names", () => {
  const known: ReadonlyMap<string, RelayKnowledge> = new Map([[ALICE, {
    write: ["wss://a.example/"],
  }]]);
  assert.equal(addAttached(known, []), known);
  const url = "wss://seen.example/";
  const all = addAttached(known, [
    { subject: "id:1", url, source: "tag", author: ALICE },
    { subject: "id:2", url, source: "tag", author: BOB },
    { subject: ALICE, url, source: "tag", author: ALICE },
  ]);
  const seen = { url, weight: TRUST.tag.first, source: "tag" };
  const author = { url: "wss://a.example/", weight: 1, source: "author" };
  assert.deepEqual([...all], [
    [ALICE, { write: ["wss://a.example/"], hints: [seen] }],
    ["id:1", { hints: [author, seen], author: ALICE }],
    ["id:2", { hints: [seen], author: BOB }],
  ]);
});

Deno.test("NIP-10: addAttached() adds the relays of the author for an event of which no relay is named", () => {
  const known = new Map<string, RelayKnowledge>([[ALICE, { write: ["wss://a.example/"] }]]);
  const all = addAttached(known, [
    { subject: "id:1", source: "tag", author: ALICE },
    { subject: "id:2", source: "tag", author: BOB },
  ]);
  const author = { url: "wss://a.example/", weight: 1, source: "author" };
  assert.deepEqual([...all].slice(1), [
    ["id:1", { hints: [author], author: ALICE }],
    ["id:2", { author: BOB }],
  ]);
});

Deno.test("addAttached() notes what somebody entered or pasted as relays that come with the request", () => {
  const [url, other] = ["wss://seen.example/", "wss://other.example/"];
  const all = addAttached(new Map(), [
    { subject: ALICE, url, source: "nip19" },
    { subject: ALICE, url: other, source: "hand" },
    { subject: BOB, url, source: "nip05" },
  ]);
  assert.deepEqual([...all].map(([subject, { given }]) => [subject, given]), [
    [ALICE, [url, other]],
    [BOB, undefined],
  ]);
});

Deno.test("addHints() returns the same map if there is nothing to add", () => {
  const known = new Map<string, RelayKnowledge>([[ALICE, { write: [] }]]);
  assert.equal(addHints(known, new Map()), known);
});

Deno.test("addHints() names each relay once, with its heaviest hint, the heaviest first", () => {
  const property = fc.property(fc.array(hint), fc.array(hint), (before, more) => {
    const known: ReadonlyMap<string, RelayKnowledge> = new Map([
      [ALICE, { write: ["wss://list.example/"], hints: before }],
      [BOB, { dm: ["wss://dm.example/"] }],
    ]);
    const copy = structuredClone(known);
    const all = addHints(known, new Map([[ALICE, more]]));
    const { hints = [], ...rest } = all.get(ALICE)!;

    const best = (url: string) =>
      Math.max(...[...before, ...more].filter((hint) => hint.url === url).map((h) => h.weight));
    const urls = [...new Set([...before, ...more].map(({ url }) => url))].sort();
    assert.deepEqual(hints.map(({ url }) => url).sort(), urls);
    for (const { url, weight } of hints) assert.equal(weight, best(url));
    const order = (a: RelayHint, b: RelayHint) => b.weight - a.weight || (a.url < b.url ? -1 : 1);
    assert.deepEqual(hints, hints.toSorted(order));
    assert.deepEqual(rest, { write: ["wss://list.example/"] });
    assert.equal(all.get(BOB), known.get(BOB));
    assert.deepEqual(known, copy);
  });
  fc.assert(property);
});

Deno.test("addHints() keeps that an event was seen where its author writes", () => {
  const url = "wss://a.example/";
  const seen: RelayHint = { url, weight: 0.2, source: "delivered" };
  const author: RelayHint = { url, weight: 1, source: "author" };
  for (const hints of [[seen, author], [author, seen]]) {
    const all = addHints(new Map(), new Map([["id:1", hints]]));
    assert.deepEqual(all.get("id:1")?.hints, [author, seen]);
  }
});
