import assert from "node:assert/strict";
import fc from "fast-check";
import { type EventPlan, planEvent } from "../src/plan_event.ts";
import { normalizeRelayUrl } from "../src/relay_url.ts";
import type { Unrouted } from "../src/types.ts";
import {
  clean,
  eventOf,
  freeTags,
  GIFT_WRAPS,
  POST_KINDS,
  type Publication,
  publicationOf,
  publications,
  USERS,
} from "./support/event_arbitraries.ts";
import { draft, relayList } from "./support/memory_source.ts";
import { frozen } from "./support/requests.ts";

const [ALICE, BOB, CAROL] = USERS;
const posts = publicationOf(POST_KINDS);

const plan = ({ event, lists, options }: Publication) => planEvent(event, lists, options);

/** The author's write relays as a plan must have them. */
function outbox({ event, lists, options }: Publication): string[] {
  return clean(lists.get(event.pubkey)?.write, options);
}

/** Where each tagged user may be reached, written as plainly as possible. */
function inboxesOf({ event, lists, options }: Publication): Map<string, string[]> {
  const named = event.tags.flat().flatMap((value) => [value, value.split(":")[1]]);
  const tagged = USERS.filter((user) => user !== event.pubkey && named.includes(user));
  return new Map(tagged.map((user) => {
    const own = clean(lists.get(user)?.read, options).filter((url) => options.weight!(url) > 0);
    const standIn = options.fallbackRelays!.filter((url) => options.weight!(url) > 0);
    return [user, own.length > 0 ? own : standIn];
  }));
}

/** The plan as a value in which order does not show. */
function unordered({ relays, reasons, inboxes, unrouted, refusal }: EventPlan) {
  return {
    relays: [...relays].sort(),
    reasons: [...reasons].sort(),
    inboxes: [...inboxes].map(([user, urls]) => [user, [...urls].sort()]).sort(),
    unrouted: unrouted.map((one) => JSON.stringify(one)).sort(),
    refusal,
  };
}

Deno.test("E1: the author's write relays come first in planEvent(), and none is ever dropped", () => {
  fc.assert(fc.property(publicationOf([...POST_KINDS, 0, 3, 5, 10013, 10050]), (publication) => {
    const own = outbox(publication);
    const { relays, reasons } = plan(publication);
    assert.deepEqual(relays.slice(0, own.length), own);
    for (const url of own) assert.equal(reasons.get(url), "outbox");
  }));
});

Deno.test("E2: planEvent() gives each tagged user an inbox before any gets a second", () => {
  fc.assert(fc.property(posts, (publication) => {
    const inboxes = [...inboxesOf(publication).values()];
    const { relays } = plan(publication);
    const first = outbox(publication).length || publication.options.fallbackRelays!.length;
    relays.slice(first).forEach((url, i) => {
      const before = relays.slice(0, first + i);
      const waiting = inboxes
        .filter((urls) => urls.length > 0 && !urls.some((other) => before.includes(other)));
      const isFirst = waiting.some((urls) => urls.includes(url));
      assert.ok(isFirst || waiting.length === 0, `${url} is a second, and someone has none`);
    });
  }));
});

Deno.test("E2: planEvent() adds as many inboxes as there are, but never more than maxInboxes", () => {
  fc.assert(fc.property(posts, (publication) => {
    const { maxInboxes, fallbackRelays } = publication.options;
    const own = outbox(publication);
    const first = own.length > 0 ? own : fallbackRelays!;
    const all = new Set([...inboxesOf(publication).values()].flat());
    const others = [...all].filter((url) => !first.includes(url));
    const added = plan(publication).relays.slice(first.length);
    assert.equal(added.length, Math.min(maxInboxes!, others.length));
    assert.ok(added.every((url) => others.includes(url)));
  }));
});

Deno.test("E2: a plan says which inboxes of each tagged user get the event, or why none does", () => {
  fc.assert(fc.property(posts, (publication) => {
    const { relays, inboxes, passed, unrouted, refusal } = plan(publication);
    if (refusal !== undefined) return;
    const all = inboxesOf(publication);
    assert.ok([...inboxes.keys()].every((user) => all.has(user)));
    const isLost = unrouted.some(({ pubkey }) => pubkey === publication.event.pubkey);
    const hasPlace = [...outbox(publication), ...publication.options.fallbackRelays!].length > 0;
    assert.equal(isLost, !hasPlace);
    for (const [user, urls] of all) {
      const reached = urls.filter((url) => relays.includes(url));
      const why = unrouted.find(({ pubkey }) => pubkey === user)?.reason;
      assert.deepEqual(inboxes.get(user) ?? [], reached);
      assert.deepEqual([...reached, ...passed.get(user) ?? []].sort(), urls.toSorted());
      assert.equal(why, reached.length > 0 ? undefined : urls.length > 0 ? "cap" : "no-list");
    }
  }));
});

Deno.test("E3: planEvent() sends a gift wrap nowhere, whatever is listed and set", () => {
  fc.assert(fc.property(publications, fc.constantFrom(...GIFT_WRAPS), (publication, kind) => {
    const { event, ...rest } = publication;
    const { relays, reasons, unrouted, refusal } = plan({ event: { ...event, kind }, ...rest });
    assert.deepEqual([relays, reasons.size, unrouted], [[], 0, [{ reason: "no-dm-list" }]]);
    assert.match(refusal!, /kind 10050/);
  }));
});

Deno.test("E4: planEvent() spreads a relay list to its own relays, the former ones, and indexers", () => {
  fc.assert(fc.property(publicationOf([10002]), (publication) => {
    const { event, lists, options } = publication;
    const entries = event.tags.filter(([name, url]) => name === "r" && url !== undefined);
    const own = entries.filter(([, , marker]) => marker !== "read").map(([, url]) => url);
    const old = lists.get(event.pubkey);
    const others = [entries.map(([, url]) => url), old?.write ?? [], old?.read ?? []].flat();
    const { indexerRelays = [], fallbackRelays = [] } = options;

    const { relays } = plan(publication);
    const first = clean(entries.map(([, url]) => url), options)
      .filter((url) => clean(own, options).includes(url));
    assert.deepEqual(relays.slice(0, first.length), first);
    const all = clean([...own, ...others, ...indexerRelays, ...fallbackRelays], options);
    assert.deepEqual([...relays].sort(), all.sort());
  }));
});

Deno.test("E5: planEvent() sends a protected event to its author's write relays only", () => {
  const kinds = [...POST_KINDS, 0, 3, 5, 62, 10050];
  const tags = freeTags.map((free) => [...free, ["-"]]);
  fc.assert(fc.property(publicationOf(kinds, tags), (publication) => {
    const own = outbox(publication);
    const { relays, inboxes, refusal } = plan(publication);
    assert.deepEqual([relays, inboxes.size], [own, 0]);
    assert.equal(refusal === undefined, own.length > 0);
  }));
});

Deno.test("planEvent() is pure: it changes no input, and changing its plan changes none", () => {
  fc.assert(fc.property(publications, (publication) => {
    const text = JSON.stringify([publication.event, [...publication.lists]]);
    const before = unordered(plan(frozen(publication)));
    const made = plan(publication);
    made.relays.length = 0;
    (made.reasons as Map<string, string>).clear();
    (made.unrouted as unknown[]).length = 0;
    for (const urls of made.inboxes.values()) (urls as string[]).length = 0;
    assert.deepEqual(unordered(plan(publication)), before);
    assert.equal(JSON.stringify([publication.event, [...publication.lists]]), text);
  }));
});

Deno.test("planEvent() is deterministic: the order of tags and lists changes only that of its output", () => {
  const shuffles = publications.chain((publication) =>
    fc.record({
      publication: fc.constant(publication),
      tags: fc.shuffledSubarray(publication.event.tags, {
        minLength: publication.event.tags.length,
      }),
    })
  );
  fc.assert(fc.property(shuffles, ({ publication, tags }) => {
    const { event, lists, options } = publication;
    const reversed = [...lists].reverse().map(([pubkey, list]) =>
      [
        pubkey,
        { ...list, write: [...list.write].reverse(), read: [...list.read].reverse() },
      ] as const
    );
    const other = planEvent({ ...event, tags }, new Map(reversed), options);
    assert.deepEqual(unordered(other), unordered(plan(publication)));
  }));
});

Deno.test("planEvent() names no relay twice, each in normal form and allowed, with its reason", () => {
  fc.assert(fc.property(publications, (publication) => {
    const { event, lists, options } = publication;
    const { relays, reasons, refusal, unrouted } = plan(publication);
    assert.deepEqual(relays, [...reasons.keys()]);
    for (const url of relays) assert.equal(normalizeRelayUrl(url, options.policy), url);
    if (relays.length === 0) assert.ok(refusal !== undefined && unrouted.length === 1);

    const names = [...event.tags.flat(), ...relays].map((url) => clean([url], options)[0]);
    const of = (side: "write" | "read", users: Iterable<string>) =>
      clean([...users].flatMap((user) => lists.get(user)?.[side] ?? []), options);
    const sources = {
      outbox: [...of("write", [event.pubkey]), ...event.kind === 10002 ? names : []],
      inbox: of("read", inboxesOf(publication).keys()),
      spread: [...of("write", [event.pubkey]), ...of("read", [event.pubkey]), ...names],
      indexer: options.indexerRelays!,
      fallback: options.fallbackRelays!,
      named: names,
    };
    for (const [url, reason] of reasons) assert.ok(sources[reason].includes(url), reason);
  }));
});

Deno.test("planEvent() sends an event to the fallback relays where its author has no write relay", () => {
  const kinds = [...POST_KINDS, 0, 3, 10050];
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

Deno.test("planEvent() calls a fallback relay an inbox where a tagged user lists it", () => {
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

Deno.test("planEvent() says so where a mention reaches its inbox but no relay of its author's", () => {
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

Deno.test("planEvent() shares nothing between plans, also of what it refuses or binds to relays", () => {
  const event = { id: "", sig: "", content: "", created_at: 0, pubkey: "aa".repeat(32) };
  for (
    const [kind, tags] of [[1059, []], [9, [["h", "x", "wss://host.example"]]]] as [
      number,
      string[][],
    ][]
  ) {
    const plan = () => planEvent({ ...event, kind, tags }, new Map());
    const before = structuredClone(plan());
    const { inboxes, passed, unrouted } = plan();
    for (const map of [inboxes, passed]) (map as Map<string, string[]>).set("x", []);
    (unrouted as Unrouted[]).push({ reason: "cap" });
    assert.deepEqual(plan(), before);
  }
});
