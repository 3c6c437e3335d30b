import assert from "node:assert/strict";
import { isHostRoot, readEntries } from "../../src/lists/list_entries.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";

const check = (url: string) => checkRelayUrl(url);

Deno.test("NIP-51: readEntries() reads a value and a usable relay, in normal form, of each entry", () => {
  const tags = [
    ["group", "cats", "wss://A.example"],
    ["group", "dogs", "junk"],
    ["group", "birds"],
    ["group", 7, "wss://a.example"],
    ["relay", "wss://b.example"],
    "group",
    null,
    ["group", "", "wss://c.example", "name"],
  ] as unknown[][];
  assert.deepEqual(readEntries(tags, "group", 2, check), [
    ["cats", "wss://a.example/"],
    ["", "wss://c.example/"],
  ]);
  assert.deepEqual(readEntries(tags, "relay", 1, check), [
    ["wss://b.example", "wss://b.example/"],
  ]);
});

Deno.test("readEntries() reads the first 64 entries of a name, usable or not", () => {
  const entry = (i: number) => ["relay", i % 2 ? `wss://${i}.example` : "junk"];
  const tags = Array.from({ length: 200 }, (_, i) => entry(i)).flatMap((tag) => [["x"], tag]);
  const urls = readEntries(tags, "relay", 1, check).map(([value]) => value);
  assert.deepEqual([urls.length, urls.at(-1)], [32, "wss://63.example"]);
});

Deno.test("isHostRoot() tells a whole host from a path or a query on it", () => {
  for (const url of ["wss://a.example/", "ws://a.example:8080/"]) assert.ok(isHostRoot(url), url);
  for (const url of ["wss://a.example/x", "wss://a.example/?x=/", "wss://a.example/a.example/"]) {
    assert.ok(!isHostRoot(url), url);
  }
});
