import assert from "node:assert/strict";
import fc from "fast-check";
import { type EventRule, eventRule } from "../src/event_rules.ts";
import { eventOf, freeTags, GIFT_WRAPS, POST_KINDS } from "./support/event_arbitraries.ts";
import { draft } from "./support/memory_source.ts";

const HOST = "wss://host.example";
const GROUP = ["h", "group", HOST];
const PROTECTED = ["-"];

/** Kinds that are not sent to relays by lists, whatever their tags. */
const NEVER = [13, 14, 15, 9734, 13194, 22242, 23194, 23195, 24133, 27235];

const ruleOf = (kind: number, ...tags: string[][]) => eventRule(draft({ kind, tags }));

/** Where it goes, or the reason why nowhere. */
function short(rule: EventRule): string {
  return rule.to === "nowhere" ? rule.reason : rule.to;
}

Deno.test("eventRule() follows the kind", () => {
  const rules: [kinds: readonly number[], rule: string][] = [
    [[...POST_KINDS, 4, 9_802, 10_000, 10_013, 30_000], "outbox-and-inboxes"],
    [[0, 3], "indexed"],
    [[10_002, 10_050], "everywhere"],
    [[5], "deleted"],
    [NEVER, "never-routed"],
    [GIFT_WRAPS, "no-dm-list"],
    [[31_234], "no-private-list"],
  ];
  for (const [kinds, rule] of rules) {
    for (const kind of kinds) assert.equal(short(ruleOf(kind)), rule, `kind ${kind}`);
  }
});

Deno.test("eventRule() lets no tag lift a prohibition", () => {
  const tags = freeTags.map((free) => [...free, GROUP, PROTECTED, ["relay", "ALL_RELAYS"]]);
  fc.assert(fc.property(eventOf([...NEVER, ...GIFT_WRAPS, 31_234], tags), (event) => {
    assert.equal(eventRule(event).to, "nowhere");
  }));
});

Deno.test("eventRule() says in words why an event goes nowhere, each kind with its NIP", () => {
  for (const kind of [...NEVER, ...GIFT_WRAPS, 31_234]) {
    const rule = ruleOf(kind);
    assert.ok(rule.to === "nowhere");
    assert.match(rule.why, /\(NIP-\d\d\)$/);
  }
});

Deno.test("eventRule() binds a group's message to its host, also where it is protected", () => {
  for (const kind of [...POST_KINDS, 5, 9, 11, 9000]) {
    for (const tags of [[GROUP], [GROUP, PROTECTED], [PROTECTED, GROUP]]) {
      assert.deepEqual(ruleOf(kind, ...tags), {
        to: "named",
        urls: [HOST],
        reason: "no-group-host",
      });
    }
    assert.equal(short(ruleOf(kind, ["h", "group"], PROTECTED)), "no-group-host");
    assert.equal(short(ruleOf(kind, ["h", "group", ""])), "no-group-host");
  }
});

Deno.test("eventRule() keeps a protected event on its author's relays, whatever its kind", () => {
  fc.assert(fc.property(
    eventOf([...POST_KINDS, 0, 3, 5, 62, 10_002, 10_050]),
    fc.nat(8),
    (event, at) => {
      const tags = event.tags.toSpliced(at, 0, PROTECTED);
      assert.deepEqual(eventRule({ ...event, tags }), { to: "outbox" });
    },
  ));
});

Deno.test("eventRule() reads where a request to vanish wants to go", () => {
  const [a, b] = [["relay", "wss://a.example"], ["relay", "wss://b.example"]];
  assert.deepEqual(ruleOf(62, a, ["p", "x"], b), {
    to: "named",
    urls: [a[1], b[1]],
    reason: "never-routed",
  });
  assert.equal(short(ruleOf(62, a, ["relay", "ALL_RELAYS"])), "everywhere");
  assert.equal(short(ruleOf(62)), "never-routed");
  assert.equal(short(ruleOf(1, a)), "outbox-and-inboxes");
});
