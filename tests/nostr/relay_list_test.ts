import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { LIST_KINDS } from "../../src/nostr/kinds.ts";
import { parseRelayList } from "../../src/nostr/relay_list.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { anyPubkey, listedUrl, RELAYS, time } from "../support/arbitraries.ts";

const dataDir = Deno.env.get("OUTBOX_DATA");
const ignore = dataDir === undefined;
if (ignore) console.log("Real relay lists are not tested: OUTBOX_DATA names no folder");

const PUBKEY = "aa".repeat(32);
const A = "wss://a.example/";
const B = "wss://b.example/";

/** A kind 10002 with these tags, which may be broken. */
function listEvent(tags: unknown[], about: Partial<NostrEvent> = {}): NostrEvent {
  const base = { kind: 10002, pubkey: PUBKEY, created_at: 1, content: "", id: "", sig: "" };
  return { ...base, tags: tags as string[][], ...about };
}

/** The two sides of a list, as plain values. */
function sides(tags: unknown[], options?: Parameters<typeof parseRelayList>[1]) {
  const { write, read } = parseRelayList(listEvent(tags), options);
  return { write: [...write], read: [...read] };
}

const markers = fc.constantFrom<string[]>([], [""], ["read"], ["write"], ["read", "write"], ["x"]);
const entry = fc.tuple(listedUrl, markers).map(([url, markers]) => ["r", url, ...markers]);
const otherTag = fc.constantFrom<unknown>(
  ["client", "coracle"],
  ["R", "wss://a.example"],
  ["relay", "wss://a.example"],
  [],
  ["r"],
  ["r", 7],
  ["r", null, "read"],
  null,
  "rx",
);
const entries = fc.array(fc.oneof({ arbitrary: entry, weight: 5 }, otherTag), { maxLength: 20 });

/** The entries among the tags. */
function entriesOf(tags: readonly unknown[]): unknown[][] {
  return tags.filter((tag): tag is unknown[] => Array.isArray(tag))
    .filter(([name, url]) => name === "r" && typeof url === "string");
}

/** NIP-65 in the most obvious way: each entry by itself, then those of one side. */
function plainly(tags: readonly unknown[]) {
  const relays = entriesOf(tags)
    .map(([, url, ...markers]) => ({ url: checkRelayUrl(url).url, markers }));
  const first = [...new Set(relays.map(({ url }) => url))].filter((url) => url !== undefined);
  const has = (side: string, other: string) => (url: string) =>
    relays.some((relay) =>
      relay.url === url && (relay.markers.includes(side) || !relay.markers.includes(other))
    );
  return { write: first.filter(has("write", "read")), read: first.filter(has("read", "write")) };
}

Deno.test("NIP-65: parseRelayList() reads any list as each entry says", () => {
  fc.assert(
    fc.property(entries, (tags) => assert.deepEqual(sides(tags), plainly(tags))),
    { numRuns: 1000 },
  );
});

Deno.test("NIP-65: parseRelayList() takes no marker, an empty or unknown one, and both as read and write", () => {
  const cases: [markers: unknown[], write: boolean, read: boolean][] = [
    [[], true, true],
    [[""], true, true],
    [["both"], true, true],
    [[7, null], true, true],
    [["read", "write"], true, true],
    [["write", "read"], true, true],
    [["read"], false, true],
    [["write"], true, false],
    [["", "write"], true, false],
    [["read", ""], false, true],
  ];
  for (const [markers, write, read] of cases) {
    assert.deepEqual(
      sides([["r", "wss://a.example", ...markers]]),
      { write: write ? [A] : [], read: read ? [A] : [] },
      `markers ${JSON.stringify(markers)}`,
    );
  }
});

Deno.test("parseRelayList() takes spellings of one relay together, with the sides of all", () => {
  const tags = [
    ["r", "wss://a.example", "read"],
    ["r", "wss://b.example/", "write"],
    ["r", "WSS://A.example:443/", "write"],
  ];
  assert.deepEqual(sides(tags), { write: [A, B], read: [A] });
});

Deno.test("parseRelayList() keeps the order of the list", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...RELAYS]), (urls) => {
      const tags = urls.map((url) => ["r", url]);
      assert.deepEqual(sides(tags), { write: urls, read: urls });
    }),
  );
});

Deno.test("parseRelayList() sets aside entries that name no relay, with the reason, in order", () => {
  fc.assert(
    fc.property(entries, (tags) => {
      const { refused = [] } = parseRelayList(listEvent(tags));
      const expected = entriesOf(tags)
        .map(([, url]) => ({ url: `${url}`.slice(0, 256), ...checkRelayUrl(url) }))
        .filter(({ reason }) => reason !== undefined);
      assert.deepEqual(refused, expected);
    }),
  );
  assert.ok(!("refused" in parseRelayList(listEvent([["r", A]]))));
  const [{ url }] = parseRelayList(listEvent([["r", "x".repeat(1_000)]])).refused!;
  assert.equal(url.length, 256);
});

Deno.test("parseRelayList() reads at most maxEntries entries, and counts no other tags", () => {
  const tags = [["client", "x"], ["r", A], ["r"], ["r", "junk"], ["r", B], ["r", RELAYS[2]]];
  assert.deepEqual(sides(tags, { maxEntries: 3 }).write, [A, B]);
  assert.deepEqual(sides(tags, { maxEntries: 2 }).write, [A]);
  assert.deepEqual(sides(tags, { maxEntries: 1 }).write, [A]);
  const many = Array.from({ length: 70 }, (_, i) => ["r", `wss://${i}.a.example/`]);
  assert.deepEqual(sides(many).write, many.slice(0, 64).map(([, url]) => url));
  assert.throws(() => sides(tags, { maxEntries: 0 }), { name: "RangeError" });
});

Deno.test("parseRelayList() accepts the relays that the policy allows", () => {
  const tags = [["r", "ws://127.0.0.1:7777"], ["r", "wss://a.example"]];
  const policy = { allowLocal: true, allowInsecure: true, allow: (url: string) => url !== A };
  assert.deepEqual(sides(tags, { policy }).write, ["ws://127.0.0.1:7777/"]);
});

Deno.test("parseRelayList() says whose list it is and when it was written", () => {
  fc.assert(
    fc.property(anyPubkey, time, (pubkey, created_at) => {
      const list = parseRelayList(listEvent([], { pubkey, created_at }));
      assert.deepEqual(list, { pubkey, created_at, write: [], read: [] });
    }),
  );
});

Deno.test("NIP-17, NIP-51: parseRelayList() of another kind reads relay tags, without sides", () => {
  const others = fc.constantFrom<unknown>(["r", A], ["relays", A], ["relay"], ["relay", 7], null);
  const named = fc.tuple(listedUrl, markers).map(([url, markers]) => ["relay", url, ...markers]);
  const tags = fc.array(fc.oneof({ arbitrary: named, weight: 5 }, others), { maxLength: 20 });
  fc.assert(
    fc.property(tags, fc.constantFrom(10050, 10006, 10007, 10013), (tags, kind) => {
      const asEntries = tags.filter((tag): tag is unknown[] => Array.isArray(tag))
        .filter(([name]) => name === "relay").map(([, url]) => ["r", url]);
      const expected = parseRelayList(listEvent(asEntries));
      assert.deepEqual(parseRelayList(listEvent(tags, { kind })), expected);
      assert.deepEqual(expected.write, expected.read);
    }),
  );
});

Deno.test("NIP-51: parseRelayList() of a list of groups reads r tags, without sides", () => {
  const tags = [["group", "id", "wss://c.example"], ["r", A, "read"], ["r", B], ["relay", A]];
  const { write, read } = parseRelayList(listEvent(tags, { kind: 10009 }));
  assert.deepEqual([write, read], [[A, B], [A, B]]);
});

Deno.test("parseRelayList() reads at most maxEntries entries of a list of any kind", () => {
  for (const kind of LIST_KINDS) {
    const tags = Array.from({ length: 10_000 }, (_, i) => {
      return [kind === 10002 || kind === 10009 ? "r" : "relay", `wss://${i}.a.example/`];
    });
    let checked = 0;
    const policy = { allow: () => ++checked > 0 };
    const { write } = parseRelayList(listEvent(tags, { kind }), { policy });
    assert.deepEqual([write.length, checked], [64, 64]);
  }
});

Deno.test("parseRelayList() refuses other kinds", () => {
  for (const kind of [3, 10003, 30002]) {
    assert.throws(() => parseRelayList(listEvent([], { kind })), {
      name: "TypeError",
      message:
        `Cannot read a relay list: "kind" must be one of 10002, 10050, 10006, 10007, 10009, 10013, 10086, 10089, got ${kind}`,
    });
  }
});

Deno.test({
  name: "parseRelayList() reads every real list, each entry of it as a relay or with a reason",
  ignore,
  fn() {
    const lines = Deno.readTextFileSync(`${dataDir}/relay-lists.jsonl`).trim().split("\n");
    const relays = new Set<string>();
    let junk = 0;
    for (const line of lines) {
      const event: NostrEvent = JSON.parse(line);
      const { pubkey, created_at, write, read, refused = [] } = parseRelayList(event);
      assert.deepEqual({ pubkey, created_at }, {
        pubkey: event.pubkey,
        created_at: event.created_at,
      });
      assert.deepEqual({ write: [...write], read: [...read] }, plainly(event.tags), line);
      for (const url of [...write, ...read]) relays.add(url);
      junk += refused.length;
      const doubles = entriesOf(event.tags).length - new Set([...write, ...read]).size -
        refused.length;
      assert.ok(doubles >= 0, line);
    }
    console.log(`${lines.length} lists: ${relays.size} relays, ${junk} entries refused`);
  },
});
