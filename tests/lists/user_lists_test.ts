import { NCache } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { finalizeEvent, generateSecretKey, getPublicKey, nip44 } from "nostr-tools";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { UserLists } from "../../src/lists/user_lists.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { listedUrl, relay, RELAYS } from "../support/arbitraries.ts";
import { NOW } from "../support/list_store.ts";
import { openSigner, ownList, sealed, setUp, USER } from "../support/user_lists.ts";

const [A, B, C] = RELAYS;
const OPEN = { allowLocal: true, allowInsecure: true, allowOnion: true };
const relays = (...urls: string[]) => urls.map((url) => ["relay", url]);

const junk = fc.constantFrom<unknown>(["relay"], ["relay", 7], ["r", A], ["group", "x"], [], null);
const blockEntry = listedUrl.map((url) => ["relay", url]);
const blockTags = fc.array(fc.oneof({ arbitrary: blockEntry, weight: 4 }, junk), { maxLength: 6 });
const groupEntry = fc.tuple(fc.constantFrom("x", "y", "z"), listedUrl)
  .map(([id, url]) => ["group", id, url]);
const groupTags = fc.array(fc.oneof({ arbitrary: groupEntry, weight: 4 }, junk), { maxLength: 4 });

/** The values of the entries of a name, each with the relay at an index. */
function entriesOf(tags: readonly unknown[], name: string, index: number): [string, string][] {
  return tags.filter((tag): tag is string[] => Array.isArray(tag))
    .filter((tag) =>
      tag[0] === name && typeof tag[1] === "string" && typeof tag[index] === "string"
    )
    .map((tag) => [tag[1], tag[index]]);
}

/** The rule in the most obvious way, entry by entry. */
function plainly(url: string, blocked: readonly unknown[], own: readonly string[], use?: "group") {
  if (use && own.includes(url)) return false;
  return entriesOf(blocked, "relay", 1).some(([, listed]) => {
    const entry = checkRelayUrl(listed, OPEN).url;
    if (entry === undefined) return false;
    const { host, pathname, search } = new URL(entry);
    if (pathname === "/" && search === "") return new URL(url).host === host;
    return entry === url;
  });
}

Deno.test("NIP-51: UserLists isBlocked() blocks a host by its root, a path by itself, and group hosts except as such", async () => {
  const law = fc.asyncProperty(
    blockTags,
    blockTags,
    groupTags,
    fc.array(relay),
    async (open, hidden, groups, urls) => {
      const { lists } = setUp([
        ownList(10006, open, sealed(hidden)),
        ownList(10009, groups),
      ], openSigner());
      await lists.ready();
      const own = entriesOf(groups, "group", 2).map(([, url]) => checkRelayUrl(url).url!);
      for (const url of urls) {
        for (const use of [undefined, "group"] as const) {
          const expected = plainly(url, [...open, ...hidden], own, use);
          assert.equal(lists.isBlocked(url, use), expected, `${url} as ${use}`);
        }
      }
    },
  );
  await fc.assert(law, { numRuns: 500 });
});

Deno.test("NIP-51: UserLists isBlocked() blocks a host whatever the scheme and the policy", async () => {
  const { lists } = setUp([ownList(10006, relays("ws://a.example", "wss://10.0.0.1/"))]);
  await lists.ready();
  for (const url of ["wss://a.example/", "ws://a.example/x", "wss://10.0.0.1/y?z"]) {
    assert.ok(lists.isBlocked(url), url);
  }
  for (const url of ["wss://a.example:8080/", "wss://b.a.example/", "wss://example/"]) {
    assert.ok(!lists.isBlocked(url), url);
  }
});

Deno.test("NIP-51: UserLists isBlocked() blocks only itself for a path or a query", async () => {
  for (const url of ["wss://a.example/x", "wss://a.example/?x=y"]) {
    const { lists } = setUp([ownList(10006, relays(url))]);
    await lists.ready();
    const all = ["wss://a.example/", "wss://a.example/x", "wss://a.example/?x=y"];
    assert.deepEqual(all.filter((other) => lists.isBlocked(other)), [url]);
  }
});

Deno.test("NIP-51, NIP-37: UserLists have the search relays, private relays and groups that the policy allows", async () => {
  const { lists } = setUp([
    ownList(10007, [...relays(A, "junk", "wss://A.example", "wss://10.0.0.1"), ["r", C]]),
    ownList(10013, [], sealed(relays(B, "ws://a.example", C))),
    ownList(10009, [
      ["group", "one", A, "name"],
      ["group", "two", "junk"],
      ["group", "one", B],
      ["group", "three", "wss://B.example"],
      ["r", C],
    ]),
  ], openSigner());
  await lists.ready();
  assert.deepEqual(lists.search, [A]);
  assert.deepEqual(lists.private, [B, C]);
  assert.deepEqual([...lists.groups].sort(), [["one", A], ["three", B]]);
});

Deno.test("NIP-51: UserLists use private entries besides public ones, by NIP-44, or by NIP-04 if the text says so", async () => {
  const { signer, calls } = openSigner();
  const old = { content: `${JSON.stringify(relays(C))}?iv=x` };
  const { lists, errors } = setUp([
    ownList(10006, relays(A), sealed(relays(B))),
    ownList(10007, relays(A), old),
    ownList(10009, [], sealed([["group", "x", A]])),
  ], { signer });
  await lists.ready();
  assert.deepEqual([A, B, C].map((url) => lists.isBlocked(url)), [true, true, false]);
  assert.deepEqual([lists.search, [...lists.groups]], [[A, C], [["x", A]]]);
  assert.deepEqual(calls.map(([nip, pubkey]) => [nip, pubkey]), [
    ["nip44", USER],
    ["nip04", USER],
    ["nip44", USER],
  ]);
  assert.deepEqual(errors, []);
});

Deno.test("NIP-37: UserLists without a signer have no private relays, and use public entries alone", async () => {
  const { lists, errors, clock } = setUp([
    ownList(10013, [], sealed(relays(B))),
    ownList(10006, relays(A), sealed(relays(B))),
  ]);
  await lists.ready();
  assert.deepEqual([lists.private, lists.isBlocked(A), lists.isBlocked(B)], [[], true, false]);
  assert.deepEqual([errors, clock.pending], [[], 0]);
});

Deno.test("NIP-01: UserLists use the newest of several versions, and nobody else's", async () => {
  const about = (created_at: number, id: string) => ({ created_at, id: id.repeat(64) });
  const events = [
    ownList(10007, relays(A), about(NOW, "b")),
    ownList(10007, relays(B), about(NOW, "a")),
    ownList(10007, relays(C), about(NOW - 1, "0")),
  ];
  for (const order of [events, events.toReversed()]) {
    const { lists, source } = setUp();
    const strangers = { ...ownList(10007, relays(A)), pubkey: "bb".repeat(32) };
    source.query = () => Promise.resolve([...order, strangers, ownList(10002, [["r", A]])]);
    await lists.ready();
    assert.deepEqual(lists.search, [B]);
  }
});

Deno.test("UserLists use at most 64 entries of a list, public ones first", async () => {
  const many = (name: string) => Array.from({ length: 60 }, (_, i) => `wss://${name}${i}.example/`);
  const { lists } = setUp([
    ownList(10007, relays(...many("a")), sealed(relays(...many("b")))),
    ownList(10009, many("c").concat(many("d")).map((url) => ["group", url, url])),
  ], openSigner());
  await lists.ready();
  assert.deepEqual(lists.search, [...many("a"), ...many("b").slice(0, 4)]);
  assert.equal(lists.groups.size, 64);
});

Deno.test("UserLists follow the store: a newer list, and a deletion, count at once", async () => {
  const { lists, source } = setUp([ownList(10006, relays(A))]);
  await lists.ready();
  let changes = 0;
  const stop = lists.onChange(() => changes++);
  let version = 0;
  const next = (kind: number, ...urls: string[]) => {
    source.put(ownList(kind, relays(...urls), { created_at: NOW + ++version }));
    return settled();
  };
  await next(10006, B);
  assert.deepEqual([lists.isBlocked(A), lists.isBlocked(B), changes], [false, true, 1]);
  await next(10006, B);
  await next(10002, B);
  assert.deepEqual([source.queries, changes], [1, 1], "the same again, and a list of another kind");
  source.put({ ...ownList(10006, relays(A)), pubkey: "bb".repeat(32) });
  await settled();
  assert.deepEqual([lists.isBlocked(A), source.queries], [false, 1], "another's list is not read");
  await next(10007, C);
  assert.deepEqual([lists.search, changes], [[C], 2]);
  stop();
  source.delete(10006);
  await settled();
  assert.deepEqual([lists.isBlocked(B), lists.search, changes], [false, [C], 2]);
  assert.equal(source.queries, 2, "only a deletion makes the store be read again");
  lists.close();
  assert.equal(source.listeners.size, 0);
});

Deno.test("UserLists ready() waits for the private entries of a list that was just stored", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const signer = { nip44: { decrypt: (_: string, text: string) => promise.then(() => text) } };
  const { source, lists } = setUp([], { signer });
  await lists.ready();
  source.put(ownList(10007, relays(A), sealed(relays(B))));
  let isReady = false;
  const ready = lists.ready().then(() => isReady = true);
  await settled();
  assert.deepEqual([isReady, lists.search], [false, [A]]);
  resolve();
  await ready;
  assert.deepEqual(lists.search, [A, B]);
});

Deno.test("UserLists ready() waits until the store is read again after a deletion", async () => {
  const { source, lists } = setUp([ownList(10007, relays(A))]);
  await lists.ready();
  const { promise, resolve } = Promise.withResolvers<void>();
  source.held = promise;
  source.delete(10007);
  let isReady = false;
  const ready = lists.ready().then(() => isReady = true);
  await settled();
  assert.ok(!isReady);
  resolve();
  await ready;
  assert.deepEqual(lists.search, []);
});

Deno.test("UserLists take nothing from an older reading that ends after a newer list", async () => {
  const { lists, source } = setUp([ownList(10006, relays(A))]);
  const { promise, resolve } = Promise.withResolvers<void>();
  source.held = promise;
  const ready = lists.ready();
  await settled();
  source.held = undefined;
  source.put(ownList(10006, relays(B), { created_at: NOW + 1 }));
  await settled();
  assert.ok(lists.isBlocked(B));
  resolve();
  await ready;
  assert.deepEqual([lists.isBlocked(A), lists.isBlocked(B)], [false, true]);
});

Deno.test("UserLists keep a list that the store failed to keep, when they read the store again", async () => {
  for (const stored of [[], [ownList(10006, relays(A))]]) {
    const { lists, source } = setUp(stored);
    await lists.ready();
    source.put(ownList(10006, relays(B), { created_at: NOW + 1 }));
    source.events.splice(0, Infinity, ...stored);
    lists.useSigner(undefined);
    await lists.ready();
    assert.deepEqual([lists.isBlocked(A), lists.isBlocked(B)], [false, true]);
  }
});

Deno.test("UserLists take nothing in once they are closed", async () => {
  const { lists, source } = setUp([ownList(10006, relays(A))]);
  const { promise, resolve } = Promise.withResolvers<void>();
  source.held = promise;
  const ready = lists.ready();
  lists.close();
  resolve();
  await ready;
  assert.ok(!lists.isBlocked(A));
});

Deno.test("UserLists report a store that fails once, and read it again at the next ready()", async () => {
  const { lists, source, errors } = setUp([ownList(10006, relays(A))]);
  const query = source.query.bind(source);
  const failure = new Error("disk on fire");
  source.query = () => Promise.reject(failure);
  await Promise.all([lists.ready(), lists.ready()]);
  await lists.ready();
  assert.deepEqual(errors.map(({ cause }) => cause), [failure]);
  assert.ok(!lists.isBlocked(A));
  source.query = query;
  await lists.ready();
  assert.ok(lists.isBlocked(A));
  await lists.ready();
  assert.equal(source.queries, 1, "what is read is not read again");
  source.query = () => Promise.reject(failure);
  source.delete(10006);
  await settled();
  assert.equal(errors.length, 2, "what fails again is reported again");
  assert.ok(lists.isBlocked(A), "what was read stays");
});

Deno.test("UserLists report a listener that throws, which harms no other", async () => {
  const { lists, errors } = setUp([ownList(10006, relays(A)), ownList(10007, relays(B))]);
  const failure = new Error("I am broken");
  lists.onChange(() => {
    throw failure;
  });
  let changes = 0;
  lists.onChange(() => changes++);
  await lists.ready();
  assert.deepEqual([errors.map(({ cause }) => cause), changes], [[failure, failure], 2]);
});

/** A database may hold anything. */
const brokenEvent = { ...ownList(10006, []), content: "x", tags: [null, ["relay"], 7] };

Deno.test("UserLists leave out junk in a list", async () => {
  const { lists } = setUp([brokenEvent as unknown as NostrEvent]);
  await lists.ready();
  assert.ok(!lists.isBlocked(A));
});

Deno.test("NIP-44, NIP-51: UserLists work over a RelayListStore, with private entries as clients write them", async () => {
  const secret = generateSecretKey();
  const user = getPublicKey(secret);
  const key = nip44.getConversationKey(secret, user);
  const store = new RelayListStore(new NCache({ max: 9 }));
  const lists = new UserLists({
    user,
    signer: { nip44: { decrypt: (_, text) => Promise.resolve(nip44.decrypt(text, key)) } },
    store,
    check: (url) => checkRelayUrl(url),
    clock: new TestClock(),
    onError: (error) => assert.fail(error),
  });
  const list = (urls: string[], hidden: string[], created_at: number) => {
    const content = nip44.encrypt(JSON.stringify(relays(...hidden)), key);
    return finalizeEvent({ kind: 10006, created_at, tags: relays(...urls), content }, secret);
  };
  await store.event(list([A], [B], NOW));
  await lists.ready();
  assert.deepEqual([A, B, C].map((url) => lists.isBlocked(url)), [true, true, false]);
  const { query } = store;
  store.query = () => assert.fail("the store is not read again for a list that it just stored");
  await store.event(list([], [C], NOW + 1));
  await settled();
  store.query = query;
  assert.deepEqual([A, B, C].map((url) => lists.isBlocked(url)), [false, false, true]);
  await store.event(
    finalizeEvent(
      { kind: 62, created_at: NOW + 2, tags: [["relay", "ALL_RELAYS"]], content: "" },
      secret,
    ),
  );
  await settled();
  assert.ok(!lists.isBlocked(C));
});

Deno.test("D1: UserLists keeps the newer list where an older one could not be stored, and becomes known", async () => {
  const { source, lists } = setUp([ownList(10006, relays(A))]);
  await lists.ready();
  source.put(ownList(10006, relays(B), { created_at: NOW - 1 }));
  await settled();
  assert.ok(lists.isBlocked(A) && !lists.isBlocked(B));
  source.delete(10006);
  await settled();
  source.put(ownList(10006, relays(B), { created_at: NOW - 1 }));
  await settled();
  assert.ok(lists.isBlocked(B));
});

Deno.test("NIP-40: UserLists forgets a list of the user once it has expired", async () => {
  const { lists, source, clock } = setUp();
  const end = (at: number) => ["expiration", `${at}`];
  source.events.push(
    ownList(10006, [["relay", A], end(NOW)]),
    ownList(10007, [["relay", B], end(NOW + 60)]),
    ownList(10013, [["relay", C]]),
  );
  await lists.ready();
  assert.ok(!lists.isBlocked(A), "it is over");
  assert.deepEqual([lists.search, lists.private], [[B], [C]]);
  await clock.advance(59_000);
  assert.deepEqual(lists.search, [B]);
  await clock.advance(1_000);
  assert.deepEqual([lists.search, lists.private], [[], [C]]);
  source.put(ownList(10007, [["relay", A], end(NOW + 2 ** 31)], { created_at: NOW + 1 }));
  await settled();
  assert.deepEqual(lists.search, [A]);
  await clock.advance(2 ** 31 * 1_000);
  assert.deepEqual(lists.search, []);
});
