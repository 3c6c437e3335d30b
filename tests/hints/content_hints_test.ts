import assert from "node:assert/strict";
import { neventEncode, nprofileEncode, npubEncode } from "nostr-tools/nip19";
import { contentHints } from "../../src/hints/content_hints.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const ID = "ee".repeat(32);
const url = "wss://a.example";
const profile = `nostr:${nprofileEncode({ pubkey: BOB, relays: [url] })}`;
const read = (content: string) => contentHints.read({ content });

Deno.test("NIP-27: contentHints take the relays of URIs in a text for those of their subjects", () => {
  const event = `nostr:${neventEncode({ id: ID, author: ALICE, relays: [url] })}`;
  assert.deepEqual(read(`Hello ${profile}, see ${event}!`), [
    { subject: BOB, url, source: "tag" },
    { subject: `id:${ID}`, url, source: "tag", author: ALICE },
    { subject: ALICE, url, source: "tag" },
  ]);
});

Deno.test("NIP-27: contentHints take the author of an event without relays, and nothing of an npub", () => {
  const event = `nostr:${neventEncode({ id: ID, author: ALICE })}`;
  assert.deepEqual(read(event), [{ subject: `id:${ID}`, source: "tag", author: ALICE }]);
  assert.deepEqual(read(`nostr:${npubEncode(ALICE)}`), []);
});

Deno.test("NIP-27: contentHints read URIs alone, the first 20, in the first 65,536 characters", () => {
  assert.deepEqual(read(profile.slice("nostr:".length)), []);
  assert.deepEqual(read(`${"x".repeat(65_536)} ${profile}`), []);
  assert.equal(read(`${"nostr:npub1qqqqqq ".repeat(19)} ${profile}`).length, 1);
  assert.deepEqual(read(`${"nostr:npub1qqqqqq ".repeat(20)} ${profile}`), []);
});
