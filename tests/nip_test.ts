import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { planEvent } from "../src/plan_event.ts";
import { planReq } from "../src/plan_req.ts";
import { parseRelayList } from "../src/relay_list.ts";
import type { RelayList } from "../src/types.ts";
import { namingTags } from "./support/event_arbitraries.ts";
import { draft, postsOf, relayList } from "./support/memory_source.ts";

const [ALICE, BOB, CAROL] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));
const ID = "ee".repeat(32);
const [A_OUT, A_IN] = ["wss://alice-out.example/", "wss://alice-in.example/"];
const [B_OUT, B_IN] = ["wss://bob-out.example/", "wss://bob-in.example/"];
const [HUB, INDEXER] = ["wss://hub.example/", "wss://indexer.example/"];
const options = { fallbackRelays: [HUB], indexerRelays: [INDEXER] };
const lists: ReadonlyMap<string, RelayList> = new Map([
  [ALICE, relayList(ALICE, { write: [A_OUT], read: [A_IN] })],
  [BOB, relayList(BOB, { write: [B_OUT], read: [B_IN] })],
]);

/** A filter for events with one of these values in a tag. */
function tagged(key: `#${string}`, ...values: string[]): NostrFilter {
  return Object.assign({ kinds: [1, 1111] }, { [key]: values });
}

/** What each relay is asked, for one filter. */
function asked(filter: NostrFilter): Record<string, NostrFilter[]> {
  return Object.fromEntries(planReq([filter], lists, options).routes);
}

/** Where an event by Alice goes. */
function sent(kind: number, ...tags: string[][]): string[] {
  return planEvent(draft({ kind, pubkey: ALICE, tags }), lists, options).relays;
}

/** The reason why an event by Alice goes nowhere, and in words. */
function refused(kind: number, ...tags: string[][]): (string | undefined)[] {
  const plan = planEvent(draft({ kind, pubkey: ALICE, tags }), lists, options);
  assert.deepEqual(plan.relays, []);
  return [plan.unrouted[0].reason, plan.refusal];
}

Deno.test("NIP-65: a filter with authors goes to each one's write relays, narrowed", () => {
  assert.deepEqual(asked({ kinds: [1], authors: [ALICE, BOB], since: 7 }), {
    [A_OUT]: [{ kinds: [1], authors: [ALICE], since: 7 }],
    [B_OUT]: [{ kinds: [1], authors: [BOB], since: 7 }],
  });
});

Deno.test("NIP-65: a filter with #p and no authors goes to each one's read relays, narrowed", () => {
  for (const key of ["#p", "#P"] as const) {
    assert.deepEqual(asked(tagged(key, ALICE, BOB)), {
      [A_IN]: [tagged(key, ALICE)],
      [B_IN]: [tagged(key, BOB)],
    });
  }
});

Deno.test("NIP-65: a filter with both goes to the authors' write relays", () => {
  const filter = { authors: [ALICE], "#p": [BOB, CAROL] };
  assert.deepEqual(asked(filter), { [A_OUT]: [filter] });
});

Deno.test("NIP-65: an entry without a marker, or with an empty one, is read and written", () => {
  const url = "wss://both.example/";
  for (const tag of [["r", url], ["r", url, ""], ["r", url, "read", "write"]]) {
    const list = parseRelayList(draft({ kind: 10002, pubkey: CAROL, tags: [tag] }));
    const known = new Map([[CAROL, list]]);
    assert.deepEqual([...planReq([postsOf(CAROL)], known).routes.keys()], [url]);
    assert.deepEqual([...planReq([{ "#p": [CAROL] }], known).routes.keys()], [url]);
  }
});

Deno.test("NIP-65: profiles, follows and lists are asked for on their author's write relays", () => {
  for (const kind of [0, 3, 10002, 10050, 10006, 30000]) {
    const filter = { kinds: [kind], authors: [ALICE] };
    assert.deepEqual(asked(filter)[A_OUT], [filter]);
  }
});

Deno.test("NIP-22: a filter with #a or #A and no authors goes to the named user's read relays", () => {
  const [article, other] = [`30023:${ALICE}:x:y`, `30023:${BOB}:`];
  for (const key of ["#a", "#A"] as const) {
    assert.deepEqual(asked(tagged(key, article, other)), {
      [A_IN]: [tagged(key, article)],
      [B_IN]: [tagged(key, other)],
    });
  }
});

Deno.test("NIP-17: nobody is asked for gift wraps while no kind 10050 list is known", () => {
  for (const kind of [1059, 21059]) {
    const { routes, unrouted } = planReq([{ kinds: [kind], "#p": [ALICE] }], lists, options);
    assert.equal(routes.size, 0);
    assert.deepEqual(unrouted, [{ reason: "no-dm-list", pubkey: ALICE, filter: 0 }]);
    assert.deepEqual(asked({ kinds: [1, kind], "#p": [ALICE] }), {
      [A_IN]: [{ kinds: [1], "#p": [ALICE] }],
    });
  }
});

Deno.test("NIP-17: no relay is told whose gift wraps are looked for, whatever else the filter has", () => {
  for (const also of [{ search: "cats" }, { "#h": ["cats"] }, { authors: [BOB] }]) {
    assert.deepEqual(asked({ kinds: [1059], "#p": [ALICE], ...also }), {});
  }
});

Deno.test("NIP-50: a search goes to the fallback relays, whomever it names", () => {
  for (const filter of [{ search: "cats" }, { search: "cats", authors: [ALICE], "#p": [BOB] }]) {
    assert.deepEqual(asked(filter), { [HUB]: [filter] });
  }
});

Deno.test("NIP-29: a filter for a group goes to the fallback relays while no host is known", () => {
  for (const filter of [{ "#h": ["group"] }, { kinds: [9], "#h": ["group"], authors: [ALICE] }]) {
    assert.deepEqual(asked(filter), { [HUB]: [filter] });
  }
});

Deno.test("NIP-01: a filter that names nobody goes to the fallback relays", () => {
  for (const filter of [{ ids: [ID] }, { kinds: [1], limit: 20 }, { "#t": ["cats"] }, {}]) {
    assert.deepEqual(asked(filter), { [HUB]: [filter] });
  }
});

Deno.test("NIP-01: a filter with an empty list matches nothing and is left out", () => {
  for (const key of ["ids", "authors", "kinds", "#p", "#t"]) {
    const empty = { authors: [ALICE], ids: [ID], [key]: [] };
    const { routes, unrouted } = planReq([empty, postsOf(BOB)], lists, options);
    assert.deepEqual(Object.fromEntries(routes), { [B_OUT]: [postsOf(BOB)] });
    assert.deepEqual(unrouted, [{ reason: "matches-nothing", filter: 0 }]);
  }
});

Deno.test("NIP-01: whoever is not 64 lowercase hex characters is asked for nowhere", () => {
  const wrong = [ALICE.toUpperCase(), ALICE.slice(1), "npub1x", ""];
  const { routes, unrouted } = planReq([postsOf(ALICE, ...wrong)], lists, options);
  assert.deepEqual(Object.fromEntries(routes), { [A_OUT]: [postsOf(ALICE)] });
  assert.ok(unrouted.every(({ reason }) => reason === "invalid-pubkey"));
  assert.deepEqual(unrouted.map(({ pubkey }) => pubkey).sort(), wrong.sort());
});

Deno.test("NIP-01: a limit, also of 0, reaches each relay as it is", () => {
  for (const limit of [0, 1, 500]) {
    const filters = Object.values(asked({ authors: [ALICE, BOB], limit })).flat();
    assert.deepEqual(filters.map((filter) => filter.limit), [limit, limit]);
  }
});

Deno.test("NIP-65: an event goes to all write relays of its author", () => {
  const write = Array.from({ length: 30 }, (_, i) => `wss://relay${i}.example/`);
  const known = new Map([[ALICE, relayList(ALICE, { write, read: [A_IN] })]]);
  const settings = { maxRelays: 1, maxInboxes: 0 };
  assert.deepEqual(planEvent(draft({ pubkey: ALICE }), known, settings).relays, write);
});

Deno.test("NIP-10, NIP-18, NIP-22, NIP-65: an event goes to the read relays of whom it tags", () => {
  for (const tag of namingTags(BOB)) assert.deepEqual(sent(1111, tag), [A_OUT, B_IN], `${tag}`);
});

Deno.test("NIP-65: all read relays of a tagged user get the event, as far as maxInboxes goes", () => {
  const read = Array.from({ length: 9 }, (_, i) => `wss://relay${i}.example/`);
  const known = new Map([[BOB, relayList(BOB, { read })]]);
  const reply = draft({ pubkey: ALICE, tags: [["p", BOB], ["p", CAROL]] });
  assert.deepEqual(planEvent(reply, known).inboxes, new Map([[BOB, read]]));
  const capped = planEvent(reply, known, { ...options, maxInboxes: 3 });
  assert.deepEqual(capped.inboxes, new Map([[BOB, read.slice(0, 3)], [CAROL, [HUB]]]));
});

Deno.test("NIP-02, NIP-51: a follow list goes to nobody on it, but to the indexers", () => {
  assert.deepEqual(sent(3, ["p", BOB]), [A_OUT, INDEXER]);
  assert.deepEqual(sent(30000, ["d", "friends"], ["p", BOB]), [A_OUT]);
});

Deno.test("NIP-65: a relay list goes to the relays it names, the former ones, and indexers", () => {
  const [to, inbox] = ["wss://new.example/", "wss://new-in.example/"];
  const relays = sent(10002, ["r", to, "write"], ["r", inbox, "read"]);
  assert.deepEqual(relays, [to, inbox, A_OUT, A_IN, INDEXER, HUB]);
});

Deno.test("NIP-17: a list of DM relays is spread like a relay list", () => {
  assert.deepEqual(sent(10050, ["relay", B_IN]), [A_OUT, A_IN, INDEXER, HUB]);
});

Deno.test("NIP-17, NIP-59: a gift wrap goes nowhere while no kind 10050 list is known", () => {
  for (const kind of [1059, 21059]) {
    const [reason, why] = refused(kind, ["p", BOB, B_IN]);
    assert.equal(reason, "no-dm-list");
    assert.match(why!, /10050.*NIP-17/);
  }
});

Deno.test("NIP-70: a protected event goes to its author's write relays only", () => {
  for (const kind of [0, 1, 5, 7, 10050]) {
    assert.deepEqual(sent(kind, ["-"], ["p", BOB]), [A_OUT]);
  }
  const homeless = planEvent(draft({ pubkey: CAROL, tags: [["-"]] }), lists, options);
  assert.match(homeless.refusal!, /protected.*NIP-70/);
});

Deno.test("NIP-09: a deletion goes wherever the event may be: outbox, inboxes, indexers, fallbacks", () => {
  assert.deepEqual(sent(5, ["e", ID], ["p", BOB]), [A_OUT, INDEXER, HUB, B_IN]);
});

Deno.test("NIP-29: a group's message goes to its host only", () => {
  const host = "wss://groups.example/";
  assert.deepEqual(sent(9, ["h", "cats", "wss://groups.example"], ["p", BOB]), [host]);
  assert.equal(refused(9, ["h", "cats"])[0], "no-group-host");
  assert.equal(refused(9, ["h", "cats", "ws://127.0.0.1"])[0], "no-group-host");
});

Deno.test("NIP-37: a private draft goes nowhere, the list of private relays to the write relays", () => {
  assert.equal(refused(31234, ["d", "x"])[0], "no-private-list");
  assert.deepEqual(sent(10013), [A_OUT]);
});

Deno.test("NIP-62: a request to vanish goes to the relays it names, or to as many as possible", () => {
  assert.deepEqual(sent(62, ["relay", B_OUT], ["relay", "wss://x.example"], ["p", BOB]), [
    B_OUT,
    "wss://x.example/",
  ]);
  assert.deepEqual(sent(62, ["relay", "ALL_RELAYS"]), [A_OUT, A_IN, INDEXER, HUB]);
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
