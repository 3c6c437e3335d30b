import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import type { RelayUrlCheck } from "../../src/nostr/relay_url.ts";
import { groupHost, hintedRelays } from "../../src/plan/hinted_relays.ts";

const [A, B, C, D] = [..."abcd"].map((letter) => `wss://${letter}.example/`);

/** Hints that name these relays, best first. */
function hints(...urls: string[]): RelayKnowledge {
  return { hints: urls.map((url, i) => ({ url, weight: 1 / (i + 1), source: "tag" })) };
}

/** Allows every relay but A, which it allows as a group's host. */
function check(url: string, use?: "group"): RelayUrlCheck {
  return url === A && use !== "group" ? { reason: "blocked" } : { url: url.toLowerCase() };
}

Deno.test("hintedRelays() gives the relays of the three best usable hints, in normal form, each once", () => {
  const weight = (url: string) => url === B ? 0 : 1;
  assert.deepEqual(hintedRelays(hints(A, B, C.toUpperCase(), C, D), { check, weight }), [C, D]);
  const all = { check, weight: () => 1 };
  assert.deepEqual(hintedRelays(hints(D, C, B, "wss://e.example/"), all), [D, C, B]);
  assert.deepEqual(hintedRelays({ write: [B] }, all), []);
  assert.deepEqual(hintedRelays(undefined, all), []);
});

Deno.test("NIP-29, NIP-51: groupHost() gives the relay of the best hint that may be a group's host", () => {
  assert.equal(groupHost(hints(A, B), { check }), A);
  const none = (): RelayUrlCheck => ({ reason: "local" });
  assert.equal(groupHost(hints(A, B), { check: none }), undefined);
  assert.equal(groupHost(undefined, { check }), undefined);
});
