import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { eventLookup } from "../../src/plan/event_lookup.ts";
import { planEvent } from "../../src/plan/plan_event.ts";
import { draft, relayList } from "../../testing/memory_source.ts";
import { namingTags } from "../support/event_arbitraries.ts";

const [ALICE, BOB, CAROL] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));
const ID = "ee".repeat(32);
const [A_OUT, A_IN] = ["wss://alice-out.example/", "wss://alice-in.example/"];
const [B_OUT, B_IN] = ["wss://bob-out.example/", "wss://bob-in.example/"];
const [HUB, INDEXER] = ["wss://hub.example/", "wss://indexer.example/"];
const options = { fallbackRelays: [HUB], indexerRelays: [INDEXER] };
const [A_DM, B_DM] = ["wss://alice-dm.example/", "wss://bob-dm.example/"];
const [A_PRIVATE, HOST] = ["wss://alice-private.example/", "wss://groups.example/"];
const hint = (url: string) => ({ url, weight: 0.5, source: "tag" as const });
const known: ReadonlyMap<string, RelayKnowledge> = new Map<string, RelayKnowledge>([
  [ALICE, { write: [A_OUT], read: [A_IN], dm: [A_DM], private: [A_PRIVATE] }],
  [BOB, { write: [B_OUT], read: [B_IN], dm: [B_DM] }],
  ["group:dogs", { hints: [hint(HOST), hint(HUB)] }],
]);

/** The relays that an event by Alice goes to. */
function sent(kind: number, ...tags: string[][]): string[] {
  return planEvent(draft({ kind, pubkey: ALICE, tags }), known, options).relays;
}

/** The reason why an event by Alice goes nowhere, and the refusal. */
function refused(kind: number, ...tags: string[][]): (string | undefined)[] {
  const plan = planEvent(draft({ kind, pubkey: ALICE, tags }), known, options);
  assert.deepEqual(plan.relays, []);
  return [plan.unrouted[0].reason, plan.refusal];
}

Deno.test("NIP-65: an event goes to all write relays of its author", () => {
  const write = Array.from({ length: 30 }, (_, i) => `wss://relay${i}.example/`);
  const known = new Map([[ALICE, relayList(ALICE, { write, read: [A_IN] })]]);
  const settings = { maxRelays: 1, maxInboxes: 0 };
  assert.deepEqual(planEvent(draft({ pubkey: ALICE }), known, settings).relays, write);
});

Deno.test("NIP-10, NIP-18, NIP-22, NIP-65: an event goes to the read relays of the users it tags", () => {
  for (const tag of namingTags(BOB)) assert.deepEqual(sent(1111, tag), [A_OUT, B_IN], `${tag}`);
});

Deno.test("NIP-65: all read relays of a tagged user get the event, up to maxInboxes", () => {
  const read = Array.from({ length: 9 }, (_, i) => `wss://relay${i}.example/`);
  const known = new Map([[BOB, relayList(BOB, { read })]]);
  const reply = draft({ pubkey: ALICE, tags: [["p", BOB], ["p", CAROL]] });
  assert.deepEqual(planEvent(reply, known).inboxes, new Map([[BOB, read]]));
  const capped = planEvent(reply, known, { ...options, maxInboxes: 3 });
  assert.deepEqual(capped.inboxes, new Map([[BOB, read.slice(0, 3)], [CAROL, [HUB]]]));
});

Deno.test("NIP-65: an author or a tagged user without a list is reached by hints and fallback relays", () => {
  const relay = "wss://hint.example/";
  const hinted = new Map([[CAROL, { hints: [hint(relay)] }], ...known]);
  const post = planEvent(draft({ pubkey: CAROL }), hinted, options);
  assert.deepEqual([...post.reasons], [[relay, "hint"], [HUB, "fallback"]]);
  const mention = planEvent(draft({ pubkey: ALICE, tags: [["p", CAROL]] }), hinted, options);
  assert.deepEqual(mention.relays, [A_OUT, relay, HUB]);
});

Deno.test("NIP-01, NIP-02, NIP-51: profiles, follows and lists go to indexers as well, and to nobody's inbox", () => {
  for (const kind of [0, 3, 10000, 10003, 10006, 10007, 10009, 10015, 10063]) {
    assert.deepEqual(sent(kind, ["p", BOB], ["relay", B_IN]), [A_OUT, INDEXER], `kind ${kind}`);
  }
  for (const kind of [30000, 30002, 39089]) {
    assert.deepEqual(sent(kind, ["d", "friends"], ["p", BOB]), [A_OUT], `kind ${kind}`);
  }
});

Deno.test("NIP-65: a relay list goes to the relays it names, the former list's, and indexers", () => {
  const [to, inbox] = ["wss://new.example/", "wss://new-in.example/"];
  const relays = sent(10002, ["r", to, "write"], ["r", inbox, "read"]);
  assert.deepEqual(relays, [to, inbox, A_OUT, A_IN, INDEXER, HUB]);
});

Deno.test("NIP-17: a list of DM relays goes to the relays it names, the former list's, and indexers", () => {
  const to = "wss://new.example/";
  assert.deepEqual(sent(10050, ["relay", to]), [A_OUT, A_IN, to, A_DM, INDEXER, HUB]);
});

Deno.test("NIP-17, NIP-59: a gift wrap goes to the kind 10050 relays of its recipient only", () => {
  for (const kind of [1059, 21059]) {
    assert.deepEqual(sent(kind, ["p", BOB, B_IN]), [B_DM]);
    assert.deepEqual(sent(kind, ["p", BOB], ["-"], ["h", "cats", B_IN]), [B_DM]);
  }
});

Deno.test("NIP-17, NIP-59: a gift wrap goes nowhere while no kind 10050 list is known", () => {
  for (const kind of [1059, 21059]) {
    const [reason, why] = refused(kind, ["p", CAROL, B_IN]);
    assert.equal(reason, "no-dm-list");
    assert.match(why!, /not ready.*10050.*NIP-17/);
  }
});

Deno.test("NIP-70: a protected event goes to its author's write relays only", () => {
  for (const kind of [0, 1, 5, 7, 10050]) {
    assert.deepEqual(sent(kind, ["-"], ["p", BOB]), [A_OUT]);
  }
  const homeless = planEvent(draft({ pubkey: CAROL, tags: [["-"]] }), known, options);
  assert.match(homeless.refusal!, /protected.*NIP-70/);
});

Deno.test("NIP-09: a deletion goes to all relays that may have the event: outbox, inboxes, indexers, fallbacks", () => {
  assert.deepEqual(sent(5, ["e", ID], ["p", BOB]), [A_OUT, INDEXER, HUB, B_IN]);
});

Deno.test("NIP-09: a deletion goes to relays that hints name for the event", () => {
  const urls = [0, 1, 2, 3, 4].map((n) => `wss://seen${n}.example/`);
  const seen = new Map([...known, [`id:${ID}`, { hints: urls.map(hint) }]]);
  const deletion = draft({ kind: 5, pubkey: ALICE, tags: [["e", ID], ["e", "junk"]] });
  const { relays, reasons } = planEvent(deletion, seen, options);
  assert.deepEqual(relays, [A_OUT, ...urls.slice(0, 3), INDEXER, HUB]);
  assert.equal(reasons.get(urls[0]), "hint");
  const capped = planEvent(deletion, seen, { ...options, maxInboxes: 1 });
  assert.deepEqual(capped.relays, [A_OUT, urls[0], INDEXER, HUB]);
  assert.deepEqual(eventLookup(deletion).eventsAndGroups, [`id:${ID}`]);
});

Deno.test("NIP-09: the deletion of a relay list goes to all relays that the list was spread to", () => {
  assert.deepEqual(sent(5, ["a", `10002:${ALICE}:`]), [A_OUT, A_IN, INDEXER, HUB]);
  assert.deepEqual(sent(5, ["e", ID], ["k", "10050"]), [A_OUT, A_IN, A_DM, INDEXER, HUB]);
});

Deno.test("NIP-29: a group's message goes to its host only, which it names itself or a hint does", () => {
  for (const kind of [1, 5, 9, 11, 9000, 9021]) {
    assert.deepEqual(sent(kind, ["h", "cats", "wss://groups.example"], ["p", BOB]), [HOST]);
    assert.deepEqual(sent(kind, ["h", "dogs"], ["p", BOB], ["-"]), [HOST]);
    assert.deepEqual(sent(kind, ["h", "dogs", B_OUT]), [B_OUT]);
    assert.equal(refused(kind, ["h", "cats"])[0], "no-group-host");
    assert.equal(refused(kind, ["h", "dogs", "ws://127.0.0.1"])[0], "no-group-host");
  }
});

Deno.test("NIP-37: a private draft goes to the author's private relays, their list to the write relays", () => {
  assert.deepEqual(sent(31234, ["d", "x"], ["p", BOB], ["k", "1"]), [A_PRIVATE]);
  assert.deepEqual(sent(10013), [A_OUT]);
  const draft31234 = draft({ kind: 31234, pubkey: BOB, tags: [["d", "x"]] });
  const { relays, refusal } = planEvent(draft31234, known, options);
  assert.deepEqual(relays, []);
  assert.match(refusal!, /10013.*NIP-37/);
});

Deno.test("NIP-62: a request to vanish goes to the relays it names, or to as many as possible", () => {
  assert.deepEqual(sent(62, ["relay", B_OUT], ["relay", "wss://x.example"], ["p", BOB]), [
    B_OUT,
    "wss://x.example/",
  ]);
  const all = [A_OUT, A_IN, A_DM, A_PRIVATE, INDEXER, HUB];
  assert.deepEqual(sent(62, ["relay", "ALL_RELAYS"]), all);
  assert.match(refused(62)[1]!, /NIP-62/);
});

for (
  const [nip, ...kinds] of [[17, 14, 15], [42, 22242], [46, 24133], [47, 13194, 23194, 23195]]
    .concat([[57, 9734], [59, 13], [98, 27235]])
) {
  Deno.test(`NIP-${nip}: kind ${kinds.join(", ")} is sent to no relay by lists`, () => {
    for (const kind of kinds) {
      const [reason, why] = refused(kind, ["p", BOB], ["relay", A_OUT]);
      assert.equal(reason, "never-routed");
      assert.ok(why!.endsWith(`(NIP-${nip})`), why);
    }
  });
}
