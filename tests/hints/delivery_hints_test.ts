import assert from "node:assert/strict";
import { deliveryHints } from "../../src/hints/delivery_hints.ts";
import { draft } from "../../testing/memory_source.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE] = PEOPLE;
const relay = "wss://a.example/";

Deno.test("deliveryHints are about the event's author, and not about its id", () => {
  for (const kind of [1, 6, 1111, 9735, 30023]) {
    assert.deepEqual(deliveryHints.read({ event: draft({ kind, pubkey: ALICE }), relay }), [
      { subject: ALICE, url: relay, source: "delivered" },
    ]);
  }
});

Deno.test("NIP-65: deliveryHints leave out profiles and lists, as indexers have everybody's", () => {
  for (const kind of [0, 3, 10000, 10002, 10050, 19999]) {
    assert.deepEqual(deliveryHints.read({ event: draft({ kind, pubkey: ALICE }), relay }), []);
  }
});

Deno.test("NIP-59: deliveryHints leave out gift wraps and ephemeral events", () => {
  for (const kind of [1059, 21059, 20000, 22242, 24133, 29999]) {
    assert.deepEqual(deliveryHints.read({ event: draft({ kind, pubkey: ALICE }), relay }), []);
  }
});
