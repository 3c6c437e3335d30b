import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayUrlCheck } from "../../src/nostr/relay_url.ts";
import type { RelayKnowledge } from "../../src/nostr/types.ts";
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

const plan = ({ event, known, options }: Publication) => planEvent(event, known, options);

/** Whom a gift wrap is for, written as plainly as possible. */
function recipients({ event }: Publication): string[] {
  return USERS.filter((user) => event.tags.some(([name, value]) => name === "p" && value === user));
}

Deno.test("E3: planEvent() offers a gift wrap to its recipients' kind 10050 relays, to all and no other", () => {
  fc.assert(fc.property(publicationOf(GIFT_WRAPS), (publication) => {
    const { known, options } = publication;
    const dm = new Map(
      recipients(publication).map((user) => [user, clean(known.get(user)?.dm, options)] as const),
    );
    const { relays, reasons, inboxes, unrouted, refusal } = plan(publication);
    assert.deepEqual([...relays].sort(), [...new Set([...dm.values()].flat())].sort());
    assert.ok([...reasons.values()].every((reason) => reason === "dm"));
    const ready = [...dm].filter(([, urls]) => urls.length > 0);
    assert.deepEqual(inboxes, new Map(ready));
    const others = [...dm.keys()].filter((user) => !inboxes.has(user));
    const lost = dm.size > 0 ? others.map((pubkey) => pubkey).sort() : [undefined];
    assert.deepEqual(unrouted.map(({ pubkey }) => pubkey).sort(), lost);
    assert.ok(unrouted.every(({ reason }) => reason === "no-dm-list"));
    assert.equal(refusal !== undefined, ready.length === 0);
  }));
});

Deno.test("E3: planEvent() finds nothing for a gift wrap in what is no kind 10050 list, nor in options", () => {
  const noList = publicationOf(GIFT_WRAPS).map(({ known, ...rest }) => {
    const bare = [...known].map(([key, { dm: _, ...one }]): [string, RelayKnowledge] => [key, one]);
    return { ...rest, known: new Map(bare) };
  });
  fc.assert(fc.property(noList, (publication) => {
    assert.deepEqual(plan(publication).relays, []);
    const { maxInboxes } = publication.options;
    const listed = new Map([[BOB, { dm: [RELAY] }]]);
    const wrap = draft({ kind: 1059, tags: [["p", BOB], ["p", CAROL]] });
    assert.deepEqual(planEvent(wrap, listed, { maxInboxes, weight: () => 0 }).relays, [RELAY]);
  }));
});

Deno.test("E3: planEvent() says that the user is not ready where a gift wrap goes nowhere", () => {
  const wrap = draft({ kind: 1059, tags: [["p", BOB], ["p", CAROL], ["p", BOB], ["p", "junk"]] });
  const reason = "no-dm-list";
  for (const known of [new Map(), new Map([[BOB, { dm: ["junk", "ws://127.0.0.1"] }]])]) {
    const { refusal, unrouted } = planEvent(wrap, known);
    assert.match(refusal!, /recipient is not ready.*kind 10050.*NIP-17/);
    assert.deepEqual(unrouted, [{ reason, pubkey: BOB }, { reason, pubkey: CAROL }]);
  }
  const lonely = planEvent(draft({ kind: 1059, tags: [["p", "junk"]] }), new Map());
  assert.deepEqual(lonely.unrouted, [{ reason }]);
  assert.match(lonely.refusal!, /names no recipient/);
});

Deno.test("planEvent() keeps a private draft on all of its author's private relays, and off all others", () => {
  fc.assert(fc.property(publicationOf([31234]), (publication) => {
    const { event, known, options } = publication;
    const own = clean(known.get(event.pubkey)?.private, options);
    const { relays, inboxes, unrouted, refusal } = plan(publication);
    assert.deepEqual([relays, inboxes.size], [own, 0]);
    assert.deepEqual(unrouted, own.length > 0 ? [] : [{ reason: "no-private-list" }]);
    assert.equal(refusal === undefined, own.length > 0);
  }));
});

Deno.test("planEvent() sends a group's message to the host it names, else to the best hint, and nowhere else", () => {
  const hosts = fc.constantFrom<string[]>([], [""], ["wss://Host.example"], ["junk"]);
  const tags = fc.tuple(freeTags, hosts).map(([free, host]) => [...free, ["h", GROUP, ...host]]);
  fc.assert(fc.property(publicationOf([...POST_KINDS, 5, 9, 10002], tags), (publication) => {
    const { event, known, options } = publication;
    const host = event.tags.find(([name]) => name === "h")![2];
    const hints = known.get(KEY)?.hints?.map(({ url }) => url) ?? [];
    const expected = clean(host ? [host] : hints, options).slice(0, 1);
    const { relays, reasons, unrouted, refusal } = plan(publication);
    assert.deepEqual(relays, expected);
    assert.deepEqual([...reasons.values()], expected.map(() => "group"));
    assert.deepEqual(unrouted, expected.length > 0 ? [] : [{ reason: "no-group-host" }]);
    assert.equal(refusal === undefined, expected.length > 0);
  }));
});

Deno.test("NIP-29, NIP-51: placeEvent() asks of a group's host, and of it alone, whether it may pass as one", () => {
  const host = "wss://host.example/";
  const settings = {
    ...planSettings({ fallbackRelays: [RELAY], indexerRelays: [] }),
    check: (url: string, use?: "group"): RelayUrlCheck =>
      url === RELAY || use === "group" ? { url } : { reason: "blocked" },
  };
  const hints = [{ url: host, weight: 1, source: "hand" as const }];
  const lists = { write: [host], read: [host], dm: [host], private: [host] };
  const known = new Map<string, RelayKnowledge>([[ALICE, lists], [BOB, lists], [KEY, { hints }]]);
  const sent = (kind: number, ...tags: string[][]) =>
    placeEvent(draft({ kind, pubkey: ALICE, tags }), known, settings).relays;
  assert.deepEqual(sent(9, ["h", GROUP]), [host]);
  assert.deepEqual(sent(9, ["h", "x", host]), [host]);
  for (const kind of [1, 5, 10002, 10050]) {
    assert.deepEqual(sent(kind, ["p", BOB], ["r", host], ["relay", host]), [RELAY]);
  }
  for (const kind of [1059, 31234]) assert.deepEqual(sent(kind, ["p", BOB]), []);
  assert.deepEqual(sent(62, ["relay", host]), []);
});

Deno.test("planEvent() lets an author without a list speak where hints place them, and on fallback relays", () => {
  const hint = (url: string) => ({ url, weight: 0.5, source: "tag" as const });
  const urls = ["a", "b", "c", "d"].map((name) => `wss://${name}.example/`);
  const hints = [hint("ws://127.0.0.1"), ...urls.map(hint)];
  const options = { fallbackRelays: [RELAY] };
  const known = new Map<string, RelayKnowledge>([[ALICE, { hints }]]);
  const { reasons, unrouted } = planEvent(draft({ pubkey: ALICE }), known, options);
  assert.deepEqual([...reasons], [
    ...urls.slice(0, 3).map((url) => [url, "hint"]),
    [RELAY, "fallback"],
  ]);
  assert.deepEqual(unrouted, []);
  assert.deepEqual(planEvent(draft({ pubkey: ALICE }), known).relays, urls.slice(0, 3));

  const guarded = planEvent(draft({ pubkey: ALICE, tags: [["-"]] }), known, options);
  assert.match(guarded.refusal!, /NIP-70/);
});

Deno.test("planEvent() calls a relay an inbox before a hint, and a hint before a fallback", () => {
  const hints = [{ url: RELAY, weight: 1, source: "hand" as const }];
  const known = new Map<string, RelayKnowledge>([
    [ALICE, { write: ["wss://a.example"] }],
    [BOB, relayList(BOB, { read: [RELAY] })],
    [CAROL, { hints }],
  ]);
  const reasonFor = (...users: string[]) => {
    const tags = users.map((user) => ["p", user]);
    const options = { fallbackRelays: [RELAY] };
    return planEvent(draft({ pubkey: ALICE, tags }), known, options).reasons.get(RELAY);
  };
  assert.equal(reasonFor(CAROL, BOB), "inbox");
  assert.equal(reasonFor(USERS[4], CAROL), "hint");
  assert.equal(reasonFor(USERS[4]), "fallback");
});

Deno.test("planEvent() forgets no relay of a list of DM relays or of a request to vanish", () => {
  const lists = { write: ["wss://w.example/"], read: ["wss://r.example/"] };
  const known = new Map([[ALICE, { ...lists, dm: ["wss://d.example/"], private: [RELAY] }]]);
  const sent = (kind: number, ...tags: string[][]) =>
    planEvent(draft({ kind, pubkey: ALICE, tags }), known, { indexerRelays: [] }).relays;
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

Deno.test("planEvent() offers nothing to a relay that is blocked, whoever names it", () => {
  fc.assert(fc.property(publications, fc.nat(20), (publication, at) => {
    const { event, known, options } = publication;
    const { relays } = plan(publication);
    if (relays.length === 0) return;
    const blocked = relays[at % relays.length];
    const { fallbackRelays = [], indexerRelays = [] } = options;
    const without = (urls: readonly string[]) => urls.filter((url) => url !== blocked);
    const allow = (url: string) => url !== blocked && (options.policy?.allow?.(url) ?? true);
    const left = planEvent(event, known, {
      ...options,
      fallbackRelays: without(fallbackRelays),
      indexerRelays: without(indexerRelays),
      policy: { ...options.policy, allow },
    });
    assert.ok(!left.relays.includes(blocked));
  }));
});
