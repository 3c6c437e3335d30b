import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { neventEncode, nprofileEncode } from "nostr-tools/nip19";
import { createReqRouter } from "../src/create_req_router.ts";
import { filterOf } from "../src/hints/filter_of.ts";
import type { Hint } from "../src/hints/hint.ts";
import { withHints } from "../src/hints/with_hints.ts";
import type {
  KnowledgeSource,
  Lookup,
  RelayKnowledge,
  RelayList,
  RelayListSource,
} from "../src/nostr/relay_knowledge.ts";
import { normalizeRelayUrl } from "../src/nostr/relay_url.ts";
import type { RouterOptions } from "../src/router_options.ts";
import { MemorySource, postsOf, relayList } from "../testing/memory_source.ts";

const [ALICE, BOB, CAROL] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));
const ID = "ee".repeat(32);
const HUB = "wss://hub.example/";
const [A, B, C, D] = ["a", "b", "c", "d"].map((name) => `wss://${name}.example/`);

/** Creates a router that notes errors. */
function start(source: RelayListSource | KnowledgeSource, options: RouterOptions = {}) {
  const errors: Error[] = [];
  const router = createReqRouter(source, {
    fallbackRelays: [HUB],
    indexerRelays: [],
    onError: (error) => errors.push(error),
    ...options,
  });
  const routes = async (filters: NostrFilter[], hints?: Hint[]) =>
    Object.fromEntries(await router(filters, { hints }));
  return { router, routes, errors };
}

const hint = (subject: string, url: string, author?: string): Hint => ({
  subject,
  url,
  author,
  source: "nip19",
});

Deno.test("createReqRouter() uses the hints of a call for authors without a list, in this call alone", async () => {
  const { routes } = start(new MemorySource());
  const filters = [postsOf(ALICE)];
  const found = await routes(filters, [hint(ALICE, "wss://A.example"), hint(BOB, B)]);
  assert.deepEqual(found, { [A]: filters, [HUB]: filters });
  assert.deepEqual(Object.keys(await routes(filters)), [HUB]);
});

Deno.test("createReqRouter() uses hints that are attached to a filter, together with those of the call", async () => {
  const { routes } = start(new MemorySource());
  const filters = [withHints(postsOf(ALICE), [A]), postsOf(BOB)];
  const found = await routes(filters, [hint(BOB, B)]);
  assert.deepEqual(new Set(Object.keys(found)), new Set([A, B, HUB]));
  const copy = structuredClone(filters);
  assert.deepEqual(Object.keys(await routes(copy)), [HUB]);
});

Deno.test("createReqRouter() prefers a list to every hint that came unasked, unless it names no usable relay", async () => {
  const lists = [relayList(ALICE, { write: [B] }), relayList(BOB, { write: ["ws://127.0.0.1/"] })];
  const { routes } = start(new MemorySource(...lists));
  const hints = [hint(ALICE, A), hint(BOB, C)].map((one): Hint => ({ ...one, source: "follows" }));
  assert.deepEqual(Object.keys(await routes([postsOf(ALICE)], hints)), [B]);
  assert.deepEqual(new Set(Object.keys(await routes([postsOf(BOB)], hints))), new Set([C, HUB]));
});

Deno.test("NIP-19: createReqRouter() asks a pasted link's own relay besides the list of its author", async () => {
  const list = relayList(ALICE, { write: [A, B, D] });
  const { routes } = start(new MemorySource(list));
  const id = "ee".repeat(32);
  for (const relays of [[C], ["wss://0.example/", C]]) {
    const normal = relays.map((url) => normalizeRelayUrl(url)!);
    const event = filterOf(neventEncode({ id, author: ALICE, relays }));
    const found = await routes([event]);
    for (const url of normal) assert.deepEqual(found[url], [{ ids: [id] }], url);
    assert.ok(A in found, "the author's own relays are asked, too");
    const profile = filterOf(nprofileEncode({ pubkey: ALICE, relays }));
    const both = await routes([profile]);
    for (const url of normal) assert.deepEqual(both[url], [{ authors: [ALICE] }], url);
    assert.equal([A, B, D].filter((url) => url in both).length, 2);
  }
  const entered = await routes([withHints(postsOf(ALICE), [C])]);
  assert.deepEqual(entered[C], [postsOf(ALICE)]);
  assert.equal(Object.keys(entered).length, 3);
});

Deno.test("createReqRouter() applies the app's policy to hints", async () => {
  const policy = { allow: (url: string) => url !== A };
  const { routes } = start(new MemorySource(), { policy });
  const hints = [hint(ALICE, A), hint(ALICE, "ws://127.0.0.1"), hint(ALICE, "junk")];
  assert.deepEqual(Object.keys(await routes([postsOf(ALICE)], hints)), [HUB]);
});

Deno.test("NIP-19: createReqRouter() requests an event from the relays of hints, its author's write relays and the fallback relays", async () => {
  const source = new MemorySource(relayList(ALICE, { write: [A, B, D] }));
  const { routes } = start(source, { relaysPerAuthor: 3 });
  const filters = [{ ids: [ID] }];
  const found = await routes(filters, [hint(`id:${ID}`, C, ALICE)]);
  // Where it was seen is not crowded out by an author of many relays.
  assert.deepEqual(new Set(Object.keys(found)), new Set([A, B, C, HUB]));
  assert.deepEqual(source.asked, [[ALICE]]);
});

Deno.test("createReqRouter() looks up the author of an event once, and only if it is a pubkey", async () => {
  const source = new MemorySource();
  const { routes } = start(source);
  const hints = [
    hint(`id:${ID}`, A, ALICE),
    hint(`id:${ID}`, B, ALICE),
    hint(`id:${"dd".repeat(32)}`, B, "npub1x"),
  ];
  await routes([{ ids: [ID] }, postsOf(BOB, ALICE)], hints);
  assert.deepEqual(source.asked, [[BOB, ALICE]]);
});

Deno.test("createReqRouter() leaves out a hint of an unknown source", async () => {
  const { routes } = start(new MemorySource(relayList(BOB, { write: [B] })));
  const rumour = { ...hint(`id:${ID}`, A, BOB), source: "rumour" as Hint["source"] };
  assert.deepEqual(Object.keys(await routes([{ ids: [ID] }], [rumour])), [HUB]);
});

Deno.test("NIP-29: createReqRouter() requests a group from the host alone that a hint names", async () => {
  const filters = [withHints({ kinds: [9], "#h": ["cats"] }, [A])];
  const { routes } = start(new MemorySource());
  assert.deepEqual(await routes(filters), { [A]: filters });
});

Deno.test("NIP-17: createReqRouter() requests gift wraps from kind 10050 relays, which it looks up in a source of lists", async () => {
  const asked: [string[], number | undefined][] = [];
  const source: RelayListSource = {
    get(pubkeys, { kind } = {}) {
      asked.push([[...pubkeys], kind]);
      const list = kind === 10050
        ? relayList(ALICE, { write: [B], read: [B] })
        : relayList(ALICE, { write: [A], read: [A] });
      return Promise.resolve(new Map<string, RelayList>([[ALICE, list]]));
    },
  };
  const { router, routes, errors } = start(source);
  const wraps = [{ kinds: [1059], "#p": [ALICE] }];
  assert.deepEqual(await routes(wraps), { [B]: wraps });
  assert.deepEqual(asked, [[[], undefined], [[ALICE], 10050]]);
  asked.length = 0;
  await routes([postsOf(ALICE)]);
  assert.deepEqual(asked, [[[ALICE], undefined]]);
  // No list of theirs: neither hints nor fallback relays stand in for it.
  const hints = [hint(BOB, A)];
  await assert.rejects(
    router([{ kinds: [1059], "#p": [BOB] }], { hints }),
    { name: "RoutingError", message: /no-dm-list/ },
  );
  assert.equal(errors.length, 1);
});

Deno.test("createReqRouter() looks up everything at once in a KnowledgeSource", async () => {
  const asked: Lookup[] = [];
  const known = new Map<string, RelayKnowledge>([
    [ALICE, { write: [A] }],
    [BOB, { hints: [{ url: B, weight: 1, source: "hand" }], dm: [D] }],
    [`id:${ID}`, { hints: [{ url: C, weight: 1, source: "tag" }] }],
  ]);
  const source = {
    lookUp: (lookup: Lookup) => (asked.push(lookup), Promise.resolve(known)),
    get: () => assert.fail("there is a better way"),
  };
  const { routes } = start(source);
  const filters = [postsOf(ALICE), postsOf(BOB), { ids: [ID] }, { kinds: [1059], "#p": [BOB] }];
  const found = await routes(filters, [hint(CAROL, C)]);
  assert.deepEqual(new Set(Object.keys(found)), new Set([A, B, C, D, HUB]));
  assert.deepEqual(asked, [
    { people: [ALICE, BOB], dm: [BOB], private: [], eventsAndGroups: [`id:${ID}`] },
  ]);
  assert.equal(known.get(BOB)!.hints!.length, 1, "what it knows is its own");
});

Deno.test("createReqRouter() passes the signal of a call on, and rejects with its reason", async () => {
  const asked: (AbortSignal | undefined)[] = [];
  const failing = (signal?: AbortSignal) => {
    asked.push(signal);
    return Promise.reject(new Error("given up"));
  };
  const sources = [
    { lookUp: (_: Lookup, opts?: { signal?: AbortSignal }) => failing(opts?.signal) },
    { get: (_: Iterable<string>, opts?: { signal?: AbortSignal }) => failing(opts?.signal) },
  ];
  for (const source of sources) {
    const { router, errors } = start(source);
    const signal = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(router([postsOf(ALICE)], { signal }), { message: "never mind" });
    assert.equal(asked.at(-1), signal);
    assert.deepEqual(errors, []);
    assert.deepEqual([...(await router([postsOf(ALICE)])).keys()], [HUB]);
    assert.equal(errors.length, 1);
  }
});

Deno.test("createReqRouter() uses the hints of a call even if the lookup fails", async () => {
  const source = new MemorySource();
  source.failure = new Error("disk full");
  const { routes, errors } = start(source);
  const found = await routes([postsOf(ALICE)], [hint(ALICE, A)]);
  assert.deepEqual(new Set(Object.keys(found)), new Set([A, HUB]));
  assert.equal(errors[0].cause, source.failure);
});
