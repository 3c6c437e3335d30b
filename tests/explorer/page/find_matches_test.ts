import assert from "node:assert/strict";
import { nprofileEncode, npubEncode, nsecEncode } from "nostr-tools/nip19";
import { explorerData } from "../../../src/explorer/explorer_data.ts";
import { MatchFinder } from "../../../src/explorer/page/find_matches.ts";

const keys = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
const [alice, bob, carol, dave] = keys;
const names = new Map([[alice, "Alice Ångström"], [bob, "Bob the Ali"], [carol, "محمد"]]);
const knowledge = new Map([[alice, { write: ["wss://alpha.example/"] }]]);
const finder = new MatchFinder(explorerData({ people: keys, knowledge, names, now: 0 }));

/** The places of those who are found. */
function found(text: string): unknown[] {
  return finder.find(text, 8);
}

Deno.test("MatchFinder finds people by a part of the name, whatever the case and accents", () => {
  assert.deepEqual(found("ALI"), [{ person: 0 }, { person: 1 }]);
  assert.deepEqual(found("angstrom"), [{ person: 0 }]);
  assert.deepEqual(found(" محم "), [{ person: 2 }]);
});

Deno.test("MatchFinder finds people by their key: hex, npub, its beginning, and codes", () => {
  assert.deepEqual(found(dave), [{ person: 3 }]);
  assert.deepEqual(found("DDDD"), [{ person: 3 }]);
  assert.deepEqual(found(npubEncode(dave)), [{ person: 3 }]);
  assert.deepEqual(found(npubEncode(dave).slice(0, 12)), [{ person: 3 }]);
  assert.deepEqual(found(`nostr:${nprofileEncode({ pubkey: bob })}`), [{ person: 1 }]);
  assert.deepEqual(found(nsecEncode(new Uint8Array(32).fill(7))), []);
});

Deno.test("MatchFinder finds relays by a part of the URL, and nothing by nothing", () => {
  assert.deepEqual(found("alpha"), [{ relay: 0 }]);
  assert.deepEqual(found("wss://alpha.example/"), [{ relay: 0 }]);
  for (const nothing of ["", "   ", "nobody at all"]) assert.deepEqual(found(nothing), []);
  assert.equal(finder.find("a", 1).length, 1);
});
