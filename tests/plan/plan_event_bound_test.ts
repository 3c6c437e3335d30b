import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import type { RelayUrlCheck } from "../../src/nostr/relay_url.ts";
import { placeEvent, planEvent } from "../../src/plan/plan_event.ts";
import { planSettings } from "../../src/plan/plan_options.ts";
import { draft, relayList } from "../../testing/memory_source.ts";
import {
  clean,
  freeTags,
  GIFT_WRAPS,
  GROUP,
  POST_KINDS,
  type Publication,
  publicationOf,
  publications,
  USERS,
} from "../support/event_arbitraries.ts";

const [ALICE, BOB, CAROL] = USERS;
const KEY = `group:${GROUP}`;
const RELAY = "wss://relay.example/";

const plan = ({ event, knowledge, options }: Publication) => planEvent(event, knowledge, options);

/** The recipients of a gift wrap, as plainly as possible. */
function recipients({ event }: Publication): string[] {
  return USERS.filter((user) => event.tags.some(([name, value]) => name === "p" && value === user));
}

Deno.test("E3: planEvent() sends a gift wrap to all its recipients' kind 10050 relays, and to no other", () => {
  fc.assert(fc.property(publicationOf(GIFT_WRAPS), (publication) => {
    const { knowledge, options } = publication;
    const dm = new Map(
      recipients(publication).map((user) =>
        [user, clean(knowledge.get(user)?.dm, options)] as const
      ),
    );
    const { relays, reasons, inboxes, unrouted, refusal } = plan(publication);
    assert.deepEqual([...relays].sort(), [...new Set([...dm.values()].flat())].sort());
    assert.ok([...reasons.values()].every((reason) => reason === "dm"));
    const ready = [...dm].filter(([, urls]) => urls.length > 0);
    assert.deepEqual(inboxes, new Map(ready));
    const others = [...dm.keys()].filter((user) => !inboxes.has(user));
    const missed = dm.size > 0 ? others.map((pubkey) => pubkey).sort() : [undefined];
    assert.deepEqual(unrouted.map(({ pubkey }) => pubkey).sort(), missed);
    assert.ok(unrouted.every(({ reason }) => reason === "no-dm-list"));
    assert.equal(refusal !== undefined, ready.length === 0);
  }));
});

Deno.test("E3: planEvent() names no relay for a gift wrap from other lists, hints or options", () => {
  const withoutLists = publicationOf(GIFT_WRAPS).map(({ knowledge, ...rest }) => {
    const bare = [...knowledge].map((
      [key, { dm: _, ...one }],
    ): [string, RelayKnowledge] => [key, one]);
    return { ...rest, knowledge: new Map(bare) };
  });
  fc.assert(fc.property(withoutLists, (publication) => {
    assert.deepEqual(plan(publication).relays, []);
    const { maxInboxes } = publication.options;
    const listed = new Map([[BOB, { dm: [RELAY] }]]);
    const wrap = draft({ kind: 1059, tags: [["p", BOB], ["p", CAROL]] });
    assert.deepEqual(planEvent(wrap, listed, { maxInboxes, weight: () => 0 }).relays, [RELAY]);
  }));
});

Deno.test("E3: planEvent() says that the recipient is not ready if a gift wrap goes nowhere", () => {
  const wrap = draft({ kind: 1059, tags: [["p", BOB], ["p", CAROL], ["p", BOB], ["p", "junk"]] });
  const reason = "no-dm-list";
  for (const knowledge of [new Map(), new Map([[BOB, { dm: ["junk", "ws://127.0.0.1"] }]])]) {
    const { refusal, unrouted } = planEvent(wrap, knowledge);
    assert.match(refusal!, /recipient is not ready.*kind 10050.*NIP-17/);
    assert.deepEqual(unrouted, [{ reason, pubkey: BOB }, { reason, pubkey: CAROL }]);
  }
  const lonely = planEvent(draft({ kind: 1059, tags: [["p", "junk"]] }), new Map());
  assert.deepEqual(lonely.unrouted, [{ reason }]);
  assert.match(lonely.refusal!, /names no recipient/);
});

Deno.test("NIP-37: planEvent() sends a private draft to all its author's private relays, and to no other", () => {
  fc.assert(fc.property(publicationOf([31234]), (publication) => {
    const { event, knowledge, options } = publication;
    const own = clean(knowledge.get(event.pubkey)?.private, options);
    const { relays, inboxes, unrouted, refusal } = plan(publication);
    assert.deepEqual([relays, inboxes.size], [own, 0]);
    assert.deepEqual(unrouted, own.length > 0 ? [] : [{ reason: "no-private-list" }]);
    assert.equal(refusal === undefined, own.length > 0);
  }));
});

Deno.test("NIP-29: planEvent() sends a group's message to the host it names, else to the best hint, and to no other", () => {
  const hosts = fc.constantFrom<string[]>([], [""], ["wss://Host.example"], ["junk"]);
  const tags = fc.tuple(freeTags, hosts).map(([free, host]) => [...free, ["h", GROUP, ...host]]);
  fc.assert(fc.property(publicationOf([...POST_KINDS, 5, 9, 10002], tags), (publication) => {
    const { event, knowledge, options } = publication;
    const host = event.tags.find(([name]) => name === "h")![2];
    const hints = knowledge.get(KEY)?.hints?.map(({ url }) => url) ?? [];
    const expected = clean(host ? [host] : hints, options).slice(0, 1);
    const { relays, reasons, unrouted, refusal } = plan(publication);
    assert.deepEqual(relays, expected);
    assert.deepEqual([...reasons.values()], expected.map(() => "group"));
    assert.deepEqual(unrouted, expected.length > 0 ? [] : [{ reason: "no-group-host" }]);
    assert.equal(refusal === undefined, expected.length > 0);
  }));
});

Deno.test("NIP-29, NIP-51: placeEvent() sends to a blocked relay only if it is the group's host", () => {
  const host = "wss://host.example/";
  const settings = {
    ...planSettings({ fallbackRelays: [RELAY], indexerRelays: [] }),
    check: (url: string, use?: "group"): RelayUrlCheck =>
      url === RELAY || use === "group" ? { url } : { reason: "blocked" },
  };
  const hints = [{ url: host, weight: 1, source: "hand" as const }];
  const lists = { write: [host], read: [host], dm: [host], private: [host] };
  const knowledge = new Map<string, RelayKnowledge>([[ALICE, lists], [BOB, lists], [KEY, {
    hints,
  }]]);
  const sent = (kind: number, ...tags: string[][]) =>
    placeEvent(draft({ kind, pubkey: ALICE, tags }), knowledge, settings).relays;
  assert.deepEqual(sent(9, ["h", GROUP]), [host]);
  assert.deepEqual(sent(9, ["h", "x", host]), [host]);
  for (const kind of [1, 5, 10002, 10050]) {
    assert.deepEqual(sent(kind, ["p", BOB], ["r", host], ["relay", host]), [RELAY]);
  }
  for (const kind of [1059, 31234]) assert.deepEqual(sent(kind, ["p", BOB]), []);
  assert.deepEqual(sent(62, ["relay", host]), []);
});

Deno.test("planEvent() sends an event of an author without a list to hinted relays and fallback relays", () => {
  const hint = (url: string) => ({ url, weight: 0.5, source: "tag" as const });
  const urls = ["a", "b", "c", "d"].map((name) => `wss://${name}.example/`);
  const hints = [hint("ws://127.0.0.1"), ...urls.map(hint)];
  const options = { fallbackRelays: [RELAY] };
  const knowledge = new Map<string, RelayKnowledge>([[ALICE, { hints }]]);
  const { reasons, unrouted } = planEvent(draft({ pubkey: ALICE }), knowledge, options);
  assert.deepEqual([...reasons], [
    ...urls.slice(0, 3).map((url) => [url, "hint"]),
    [RELAY, "fallback"],
  ]);
  assert.deepEqual(unrouted, []);
  assert.deepEqual(planEvent(draft({ pubkey: ALICE }), knowledge).relays, urls.slice(0, 3));

  const guarded = planEvent(draft({ pubkey: ALICE, tags: [["-"]] }), knowledge, options);
  assert.match(guarded.refusal!, /NIP-70/);
});

Deno.test("planEvent() calls a relay an inbox before a hint, and a hint before a fallback", () => {
  const hints = [{ url: RELAY, weight: 1, source: "hand" as const }];
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: ["wss://a.example"] }],
    [BOB, relayList(BOB, { read: [RELAY] })],
    [CAROL, { hints }],
  ]);
  const reasonFor = (...users: string[]) => {
    const tags = users.map((user) => ["p", user]);
    const options = { fallbackRelays: [RELAY] };
    return planEvent(draft({ pubkey: ALICE, tags }), knowledge, options).reasons.get(RELAY);
  };
  assert.equal(reasonFor(CAROL, BOB), "inbox");
  assert.equal(reasonFor(USERS[4], CAROL), "hint");
  assert.equal(reasonFor(USERS[4]), "fallback");
});

Deno.test("planEvent() sends a list of DM relays, a request to vanish and deletions to every relay of their lists", () => {
  const lists = { write: ["wss://w.example/"], read: ["wss://r.example/"] };
  const knowledge = new Map([[ALICE, { ...lists, dm: ["wss://d.example/"], private: [RELAY] }]]);
  const sent = (kind: number, ...tags: string[][]) =>
    planEvent(draft({ kind, pubkey: ALICE, tags }), knowledge, { indexerRelays: [] }).relays;
  const public_ = ["wss://w.example/", "wss://r.example/"];
  assert.deepEqual(sent(10050, ["relay", "wss://n.example"]), [
    ...public_,
    "wss://n.example/",
    "wss://d.example/",
  ]);
  assert.deepEqual(sent(62, ["relay", "ALL_RELAYS"]), [...public_, "wss://d.example/", RELAY]);
  assert.deepEqual(sent(5, ["a", `10050:${ALICE}:`]), [...public_, "wss://d.example/"]);
  assert.deepEqual(sent(5, ["k", "10002"]), public_);
});

Deno.test("planEvent() sends nothing to a blocked relay, whatever names it", () => {
  fc.assert(fc.property(publications, fc.nat(20), (publication, at) => {
    const { event, knowledge, options } = publication;
    const { relays } = plan(publication);
    if (relays.length === 0) return;
    const blocked = relays[at % relays.length];
    const { fallbackRelays = [], indexerRelays = [] } = options;
    const unblocked = (urls: readonly string[]) => urls.filter((url) => url !== blocked);
    const allow = (url: string) => url !== blocked && (options.policy?.allow?.(url) ?? true);
    const rest = planEvent(event, knowledge, {
      ...options,
      fallbackRelays: unblocked(fallbackRelays),
      indexerRelays: unblocked(indexerRelays),
      policy: { ...options.policy, allow },
    });
    assert.ok(!rest.relays.includes(blocked));
  }));
});
