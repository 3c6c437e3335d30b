import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planParts, planReq } from "../../src/plan/plan_req.ts";
import { reqParts, withGiven } from "../../src/plan/req_parts.ts";
import { MAX_THREAD_RELAYS, threadAuthor, threadRelays } from "../../src/plan/thread_relays.ts";
import { knownRequests } from "../support/known_requests.ts";
import { PEOPLE } from "../support/requests.ts";

const [ALICE, BOB] = PEOPLE;
const POST = "e1".repeat(32);
const ARTICLE = `30023:${ALICE}:x:y`;
const HUB = "wss://hub.example/";

const urls = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `wss://${name}${i}.example/`);

const hint = (url: string, weight: number, source: "tag" | "author" = "tag") =>
  ({ url, weight, source }) as const;

/** The relays that are asked, by name. */
function asked(filters: NostrFilter[], knowledge: Map<string, RelayKnowledge>, options = {}) {
  const { routes } = planReq(filters, knowledge, { fallbackRelays: [HUB], ...options });
  return [...routes.keys()].map((url) => url.slice(6, url.indexOf("."))).sort();
}

Deno.test("threadAuthor() reads the author in a coordinate, and else what is known of the event", () => {
  const known = new Map<string, RelayKnowledge>([[`id:${POST}`, { author: BOB }]]);
  assert.equal(threadAuthor(ARTICLE, known), ALICE);
  assert.equal(threadAuthor(POST, known), BOB);
  assert.equal(threadAuthor(POST, new Map()), undefined);
  assert.equal(threadAuthor("30023:junk:x", known), undefined);
  assert.equal(threadAuthor(POST, new Map([[`id:${POST}`, { author: "junk" }]])), undefined);
});

Deno.test("threadRelays() names the author's best three inboxes, and the two best relays that hints name", () => {
  const read = urls("in", 8);
  const known = new Map<string, RelayKnowledge>([
    [BOB, { read, write: ["wss://out.example/"] }],
    [`id:${POST}`, {
      author: BOB,
      hints: [
        hint("wss://out.example/", 1, "author"),
        ...urls("seen", 4).map((url, i) => hint(url, 0.4 - i / 10)),
      ],
    }],
  ]);
  const weights = new Map([[read[0], 0], [read[1], 0.5], [read[7], 2]]);
  const settings = planSettings({ weight: (url) => weights.get(url) ?? 1 });
  const { inboxes, seen } = threadRelays(POST, known, settings);
  assert.deepEqual(inboxes, [read[7], read[2], read[3]]);
  assert.deepEqual(seen.map(([url]) => url), urls("seen", 2));
});

Deno.test("threadRelays() names fewer inboxes where fallback relays, which are asked anyway, are among them", () => {
  const read = urls("in", 5);
  const known = new Map<string, RelayKnowledge>([[ALICE, { read }]]);
  const inboxes = (...fallbackRelays: string[]) =>
    threadRelays(ARTICLE, known, planSettings({ fallbackRelays })).inboxes;
  assert.deepEqual(inboxes(HUB), read.slice(0, 3));
  assert.deepEqual(inboxes(HUB, read[3]), [read[3], read[0]]);
  assert.deepEqual(inboxes(read[4], read[3]), [read[3], read[4]]);
  assert.deepEqual(inboxes(...read.slice(1)), read.slice(1));
});

Deno.test("threadRelays() names the relays of hints about an author without a usable inbox", () => {
  const known = new Map<string, RelayKnowledge>([
    [BOB, { read: ["wss://127.0.0.1/"], hints: [hint("wss://rumour.example/", 1)] }],
    [`id:${POST}`, { author: BOB, hints: [hint("wss://seen.example/", 0.2)] }],
  ]);
  const { inboxes, seen } = threadRelays(POST, known, planSettings());
  assert.deepEqual(inboxes, []);
  assert.deepEqual(seen.map(([url]) => url), ["wss://rumour.example/", "wss://seen.example/"]);
});

Deno.test("NIP-10: planReq() asks three inboxes of a post's author for replies, not just relaysPerAuthor of them", () => {
  const known = new Map<string, RelayKnowledge>([
    [BOB, { read: urls("in", 3), write: ["wss://out.example/"] }],
    [`id:${POST}`, { author: BOB, hints: [hint("wss://seen.example/", 0.2)] }],
  ]);
  const filters = [{ kinds: [1], "#e": [POST] }];
  const all = ["hub", "in0", "in1", "in2", "seen"];
  assert.deepEqual(asked(filters, known), all);
  assert.deepEqual(asked(filters, known, { relaysPerAuthor: 1 }), all);
  assert.deepEqual(asked(filters, known, { maxRelays: 3 }), ["hub", "in0", "in1"]);
});

Deno.test("NIP-22: planReq() asks for comments on an article at its author's inboxes and where the article was seen", () => {
  const known = new Map<string, RelayKnowledge>([
    [ALICE, { read: urls("in", 3) }],
    [`address:${ARTICLE}`, { hints: [hint("wss://seen.example/", 0.2)] }],
  ]);
  for (const key of ["#a", "#A", "#q"]) {
    const filters = [{ [key]: [ARTICLE] }];
    assert.deepEqual(asked(filters, known), ["hub", "in0", "in1", "in2", "seen"]);
  }
});

Deno.test("planReq() asks no more relays for a hundred posts of one author than for one", () => {
  const ids = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(64, "0"));
  const known = new Map<string, RelayKnowledge>([
    [BOB, { read: urls("in", 9) }],
    ...ids.map((id) => [`id:${id}`, { author: BOB }] as const),
  ]);
  const one = asked([{ "#e": ids.slice(0, 1) }], known);
  assert.equal(one.length, 4);
  assert.deepEqual(asked([{ "#e": ids }], known), one);
});

Deno.test("R3: planReq() asks at most a dozen relays for threads, whoever wrote the events", () => {
  const ids = Array.from({ length: 12 }, (_, i) => `${i}`.padStart(64, "0"));
  const known = new Map<string, RelayKnowledge>(PEOPLE.flatMap((pubkey, i) => [
    [pubkey, { read: urls(`p${i}in`, 4), write: urls(`p${i}out`, 2) }],
    [`id:${ids[i]}`, { author: pubkey, hints: urls(`p${i}seen`, 3).map((url) => hint(url, 0.2)) }],
  ]));
  const threads = { kinds: [1], "#e": ids };
  assert.equal(asked([threads], known).length, MAX_THREAD_RELAYS);
  assert.equal(asked([threads, { ids }], known).length, MAX_THREAD_RELAYS);
  assert.equal(asked([threads], known, { maxRelays: 5 }).length, 5);
  // Other filters have their whole share.
  const feed = { kinds: [1], authors: [...PEOPLE] };
  assert.equal(asked([threads, feed], known).length, 20);
  // A relay for each of thirteen people and the fallback relay, and no second inbox beyond a dozen.
  const post = { kinds: [1], authors: [ALICE] };
  assert.equal(asked([threads, post], known, { relaysPerAuthor: 1 }).length, 14);
});

Deno.test("R2: planReq() asks the first fallback relays for every thread, as many as half of the relays", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const filters = [{ kinds: [1], "#e": [POST, "e2".repeat(32)] }];
    const { routes, unrouted } = planReq(filters, request.knowledge, request.options);
    const { fallbackRelays, maxRelays, weight } = request.options;
    const usable = fallbackRelays!.filter((url) => weight!(url) > 0);
    for (const url of usable.slice(0, Math.ceil(maxRelays! / 2))) {
      assert.deepEqual(routes.get(url), filters);
    }
    assert.equal(unrouted.length, usable.length === 0 ? 1 : 0);
  }));
});

Deno.test("planReq() reports the relays of a thread, and that they come from its author's list or from hints", () => {
  const known = new Map<string, RelayKnowledge>([
    [BOB, { read: ["wss://in.example/"] }],
    [`id:${POST}`, { author: BOB, hints: [hint("wss://seen.example/", 0.2)] }],
    [`id:${"e2".repeat(32)}`, { hints: [hint("wss://seen.example/", 0.2)] }],
  ]);
  const ids = [POST, "e2".repeat(32), "e3".repeat(32)];
  const { subjects, unrouted } = planReq([{ "#e": ids }], known, { fallbackRelays: [HUB] });
  assert.deepEqual(subjects.map(({ subject, role, reason }) => [subject, role, reason]), [
    [ids[0], "thread", "list"],
    [ids[1], "thread", "hint"],
  ]);
  assert.deepEqual([...subjects[0].relays].sort(), ["wss://in.example/", "wss://seen.example/"]);
  assert.deepEqual(unrouted, []);
});

Deno.test("planParts() asks a relay once for a thread, be it an inbox and a relay that came with the request", () => {
  const [first, given] = ["wss://in.example/", "wss://given.example/"];
  const filters = [{ kinds: [1], "#e": [POST] }];
  for (const url of [first, given]) {
    const known = new Map<string, RelayKnowledge>([
      [BOB, { read: [first] }],
      [`id:${POST}`, { author: BOB, given: [url] }],
    ]);
    const parts = withGiven(reqParts(filters), (key) => key === `id:${POST}`);
    const { plan: { routes } } = planParts(parts, known, planSettings({ fallbackRelays: [HUB] }));
    for (const relay of [HUB, first, url]) assert.deepEqual(routes.get(relay), filters, relay);
  }
});
