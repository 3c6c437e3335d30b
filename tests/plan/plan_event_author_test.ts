import fc from "fast-check";
import assert from "node:assert/strict";
import type { Unrouted } from "../../src/nostr/unrouted.ts";
import { planEvent } from "../../src/plan/plan_event.ts";
import { draft, relayList } from "../../testing/memory_source.ts";
import { eventOf, INDEXED_KINDS, POST_KINDS, USERS } from "../support/event_arbitraries.ts";

const [ALICE, BOB, CAROL] = USERS;

Deno.test("planEvent() sends an event to the fallback relays if its author has no write relay", () => {
  const kinds = [...POST_KINDS, ...INDEXED_KINDS, 10050];
  fc.assert(fc.property(eventOf(kinds), fc.constantFrom("junk", undefined), (event, url) => {
    const lists = new Map(
      url === undefined ? [] : [[event.pubkey, relayList(event.pubkey, { write: [url] })]],
    );
    const { relays } = planEvent(event, lists, {
      fallbackRelays: ["wss://hub.example"],
      indexerRelays: ["wss://indexer.example"],
    });
    assert.ok(relays.includes("wss://hub.example/"));
  }));
});

Deno.test("planEvent() calls a fallback relay an inbox if a tagged user lists it", () => {
  const hub = "wss://hub.example/";
  const lists = new Map([
    [ALICE, relayList(ALICE, { write: ["wss://a.example"] })],
    [BOB, relayList(BOB, { read: [hub] })],
  ]);
  const options = { fallbackRelays: [hub] };
  const reasonFor = (user: string) =>
    planEvent(draft({ pubkey: ALICE, tags: [["p", user]] }), lists, options).reasons.get(hub);
  assert.deepEqual([reasonFor(BOB), reasonFor(CAROL)], ["inbox", "fallback"]);
});

Deno.test("planEvent() reports a mention that reaches its inbox but no relay of its author", () => {
  const lists = new Map([[BOB, relayList(BOB, { read: ["wss://b.example"] })]]);
  const mention = draft({ pubkey: ALICE, tags: [["p", BOB], ["p", CAROL]] });
  const { relays, unrouted } = planEvent(mention, lists);
  assert.deepEqual(relays, ["wss://b.example/"]);
  const reason = "no-list";
  assert.deepEqual(unrouted, [{ reason, pubkey: ALICE }, { reason, pubkey: CAROL }]);
});

Deno.test("planEvent() keeps a relay of weight 0 as an outbox, but not as an inbox", () => {
  const url = "wss://slow.example/";
  const lists = new Map(
    [ALICE, BOB].map((user) => [user, relayList(user, { write: [url], read: [url] })] as const),
  );
  const options = { weight: () => 0 };
  assert.deepEqual(planEvent(draft({ pubkey: ALICE }), lists, options).relays, [url]);
  const mention = draft({ pubkey: CAROL, tags: [["p", BOB]] });
  assert.deepEqual(planEvent(mention, lists, options).relays, []);
});

Deno.test("planEvent() shares nothing between plans, refused and bound events included", () => {
  const event = { id: "", sig: "", content: "", created_at: 0, pubkey: "aa".repeat(32) };
  for (
    const [kind, tags] of [[1059, []], [9, [["h", "x", "wss://host.example"]]]] as [
      number,
      string[][],
    ][]
  ) {
    const plan = () => planEvent({ ...event, kind, tags }, new Map());
    const before = structuredClone(plan());
    const { inboxes, skipped, unrouted } = plan();
    for (const map of [inboxes, skipped]) (map as Map<string, string[]>).set("x", []);
    (unrouted as Unrouted[]).push({ reason: "cap" });
    assert.deepEqual(plan(), before);
  }
});
