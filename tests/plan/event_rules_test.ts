import fc from "fast-check";
import assert from "node:assert/strict";
import { type AuthorList, type EventRule, eventRule } from "../../src/plan/event_rules.ts";
import { draft } from "../../testing/memory_source.ts";
import {
  eventOf,
  freeTags,
  GIFT_WRAPS,
  INDEXED_KINDS,
  POST_KINDS,
} from "../support/event_arbitraries.ts";

const HOST = "wss://host.example";
const GROUP = ["h", "group", HOST];
const PROTECTED = ["-"];

/** Kinds that are not sent to relays by lists, whatever their tags. */
const NEVER_ROUTED = [13, 14, 15, 9734, 13194, 22242, 23194, 23195, 24133, 27235];

const ruleOf = (kind: number, ...tags: string[][]) => eventRule(draft({ kind, tags }));

/** Where an event goes, or the reason why it goes nowhere. */
function short(rule: EventRule): string {
  return rule.to === "nowhere" ? rule.reason : rule.to;
}

Deno.test("eventRule() follows the kind", () => {
  const rules: [kinds: readonly number[], rule: string][] = [
    [[...POST_KINDS, 4, 9_802, 10_013, 30_000, 30_002], "outbox-and-inboxes"],
    [[...INDEXED_KINDS, 10_001, 10_003, 10_007, 10_063], "indexed"],
    [[10_002, 10_050], "everywhere"],
    [[5], "deleted"],
    [NEVER_ROUTED, "never-routed"],
    [GIFT_WRAPS, "dm"],
    [[31_234], "private"],
  ];
  for (const [kinds, rule] of rules) {
    for (const kind of kinds) assert.equal(short(ruleOf(kind)), rule, `kind ${kind}`);
  }
});

Deno.test("eventRule() of a strict kind does not depend on tags", () => {
  const tags = freeTags.map((free) => [...free, GROUP, PROTECTED, ["relay", "ALL_RELAYS"]]);
  const strict: [kinds: readonly number[], rule: EventRule["to"]][] = [
    [NEVER_ROUTED, "nowhere"],
    [GIFT_WRAPS, "dm"],
    [[31_234], "private"],
  ];
  for (const [kinds, rule] of strict) {
    fc.assert(fc.property(eventOf(kinds, tags), (event) => {
      assert.equal(eventRule(event).to, rule);
    }));
  }
});

Deno.test("eventRule() says why an event goes nowhere, with the NIP", () => {
  for (const kind of NEVER_ROUTED) {
    const rule = ruleOf(kind);
    assert.ok(rule.to === "nowhere");
    assert.match(rule.why, /\(NIP-\d\d\)$/);
  }
});

Deno.test("eventRule() names the recipients of a gift wrap, each once, by p tags alone", () => {
  const [bob, carol] = ["bb".repeat(32), "cc".repeat(32)];
  const others = [["p"], ["p", "junk"], ["P", carol], ["e", "", "", "", carol], []];
  for (const kind of GIFT_WRAPS) {
    const rule = ruleOf(kind, ["p", bob, HOST], ...others, ["p", carol], ["p", bob]);
    assert.deepEqual(rule, { to: "dm", recipients: [bob, carol] });
    assert.deepEqual(ruleOf(kind), { to: "dm", recipients: [] });
  }
});

Deno.test("eventRule() binds a group's message to its host, protected or not", () => {
  for (const kind of [...POST_KINDS, ...INDEXED_KINDS, 5, 9, 11, 9000, 10_002]) {
    for (const tags of [[GROUP], [GROUP, PROTECTED], [PROTECTED, GROUP]]) {
      assert.deepEqual(ruleOf(kind, ...tags), { to: "group", id: "group", host: HOST });
    }
    for (const tag of [["h", "group"], ["h", "group", ""]]) {
      assert.deepEqual(ruleOf(kind, tag, PROTECTED), { to: "group", id: "group" });
    }
  }
  assert.deepEqual(ruleOf(9, ["h"]), { to: "group", id: "" });
});

Deno.test("eventRule() keeps a protected event on its author's relays, whatever its kind", () => {
  fc.assert(fc.property(
    eventOf([...POST_KINDS, ...INDEXED_KINDS, 5, 62, 10_002, 10_013, 10_050]),
    fc.nat(8),
    (event, at) => {
      const tags = event.tags.toSpliced(at, 0, PROTECTED);
      assert.deepEqual(eventRule({ ...event, tags }), { to: "outbox" });
    },
  ));
});

Deno.test("eventRule() reads the relays of a request to vanish", () => {
  const [a, b] = [["relay", "wss://a.example"], ["relay", "wss://b.example"]];
  assert.deepEqual(ruleOf(62, a, ["p", "x"], b), {
    to: "named",
    urls: [a[1], b[1]],
  });
  assert.equal(short(ruleOf(62, a, ["relay", "ALL_RELAYS"])), "everywhere");
  assert.equal(short(ruleOf(62)), "never-routed");
  assert.equal(short(ruleOf(1, a)), "outbox-and-inboxes");
});

Deno.test("eventRule() deletes a list where it was spread, by its coordinate or its kind", () => {
  const me = "aa".repeat(32);
  const everywhere = (...lists: AuthorList[]): EventRule => ({ to: "everywhere", lists });
  assert.deepEqual(ruleOf(5, ["a", `10002:${me}:`]), everywhere("write", "read"));
  assert.deepEqual(ruleOf(5, ["e", "x"], ["k", "10002"]), everywhere("write", "read"));
  assert.deepEqual(ruleOf(5, ["k", "10050"]), everywhere("write", "read", "dm"));
  assert.deepEqual(ruleOf(5, ["k", "10002"], ["k", "10050"]), everywhere("write", "read", "dm"));
  for (const tag of [["k"], ["a"], ["k", "1"], ["a", `30023:${me}:10002`], ["e", "10002"], []]) {
    assert.deepEqual(ruleOf(5, tag), { to: "deleted", ids: [] });
  }
});
