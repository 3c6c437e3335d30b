import assert from "node:assert/strict";
import fc from "fast-check";
import { planReport } from "../../src/cli/plan_report.ts";
import { namedPeople, planText } from "../../src/cli/plan_text.ts";
import { type Explanation, relayReport } from "../../src/explain.ts";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { zipfLists } from "../../testing/world/world.ts";
import { PLAIN } from "../support/cli_process.ts";

const ME = "f".repeat(64);
const [ALICE, BOB, CAROL, DAVE] = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
const HUB = "wss://hub.example/";

/** The report on a plan for people of whom this is known. */
function report(
  follows: readonly string[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  maxRelays: number,
  missingLists: Explanation["missingLists"] = [],
) {
  const options = { maxRelays, fallbackRelays: [HUB], indexerRelays: [] };
  const plan = planReq([{ kinds: [1], authors: [...follows] }], knowledge, options);
  const relays = [...plan.routes.keys()].map((url) =>
    relayReport({ url, isOpen: false, now: 0, weight: 1 })
  );
  const explanation = { plan, relays, missingLists };
  return planReport({ pubkey: ME, follows, maxRelays, explanation, curve: [] });
}

Deno.test("planReport() has everybody once: at a relay of their own, or unreached with a reason", () => {
  const size = fc.integer({ min: 0, max: 30 });
  const cap = fc.integer({ min: 1, max: 10 });
  fc.assert(fc.property(fc.integer(), size, cap, (seed, authors, maxRelays) => {
    const lists = authors === 0 ? new Map() : zipfLists({ authors, relays: 40, min: 1, seed });
    const follows = [...lists.keys(), ALICE, BOB];
    const { once, unreached, relays, people } = report(follows, lists, maxRelays);
    assert.equal(once + unreached.length, follows.length);
    assert.equal(people.length, follows.length);
    assert.ok(relays.length <= maxRelays);
    assert.deepEqual(
      new Set([
        ...relays.flatMap(({ people }) => people),
        ...unreached.map(({ pubkey }) => pubkey),
      ]),
      new Set(follows),
    );
    for (const { people, alone } of relays) {
      assert.ok(alone <= people.length);
      // Whom only this relay is asked for comes first.
      const elsewhere = (pubkey: string) =>
        relays.filter((other) => other.people.includes(pubkey)).length > 1;
      assert.ok(people.slice(alone).every(elsewhere) && !people.slice(0, alone).some(elsewhere));
    }
  }));
});

Deno.test("planReport() says of each person why no relay of theirs is asked, and who is instead", () => {
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: ["wss://a.example/"] }],
    [BOB, { write: ["ws://10.0.0.1/"] }],
    [CAROL, { hints: [{ url: "wss://hint.example/", weight: 1, source: "follows" }] }],
  ]);
  const missing = [
    { pubkey: BOB, kind: 10002, reason: "unusable" as const },
    { pubkey: CAROL, kind: 10002, reason: "none" as const },
    { pubkey: DAVE, kind: 10002, reason: "not-answered" as const },
  ];
  const { once, unreached } = report([ALICE, BOB, CAROL, DAVE], knowledge, 20, missing);
  assert.equal(once, 1);
  assert.deepEqual(unreached.map(({ pubkey, reason, isHinted }) => [pubkey, reason, isHinted]), [
    [BOB, "unusable", false],
    [CAROL, "none", true],
    [DAVE, "not-answered", false],
  ]);
  assert.deepEqual(unreached[0].relays, [HUB]);
  assert.deepEqual(unreached[0].skipped.map(({ reason }) => reason), ["local"]);
  assert.deepEqual(new Set(unreached[1].relays), new Set(["wss://hint.example/", HUB]));
});

Deno.test("planText() shows relays, the curve in figures, and the unreached by reason", () => {
  const knowledge = new Map([[ALICE, { write: ["wss://a.example/"] }]]);
  const missing = [{ pubkey: BOB, kind: 10002, reason: "none" as const }];
  const source = report([ALICE, BOB], knowledge, 2, missing);
  const curve = [1, 2, 3].map((maxRelays) => ({ maxRelays, once: 1, twice: 0 }));
  const names = new Map([[ALICE, "Alice"], [BOB, "Bob"], [ME, "Me"]]);
  const text = planText({ ...source, curve }, 10, names, PLAIN);
  assert.match(
    text,
    /^Me follows 2 people\. 2 relays would be asked: for 1 of them \(50 %\) a relay of their own/,
  );
  assert.match(text, /^wss:\/\/a.example\/ +1 +1 +nothing +Alice$/m);
  assert.match(text, /^ {2}relays +1 +2 +3\n {2}at one relay, % +50 +50 +50\n/m);
  assert.match(text, /^ {2}1 has no relay list: .*; 1 asked for at fallback relays\n {4}Bob$/m);
  assert.deepEqual(new Set(namedPeople(source, 10)), new Set([ME, ALICE, BOB]));
});

Deno.test("planText() breaks no line of the curve in a narrow terminal", () => {
  const curve = Array.from({ length: 50 }, (_, i) => ({ maxRelays: i + 1, once: 1, twice: 0 }));
  const source = { ...report([ALICE], new Map(), 20), curve };
  for (const columns of [20, 40, 57, 58, 80, 120]) {
    const text = planText(source, 0, new Map(), { ...PLAIN, columns });
    const lines = text.split("\n").filter((line) => /[┤└]|^ {2}(?:relays|at)/.test(line));
    for (const line of lines) assert.ok(line.length <= Math.max(columns, 26), line);
    assert.equal(lines.some((line) => line.includes("┤")), columns >= 58);
    assert.equal(/^ {2}relays.* 50$/m.test(text), columns >= 80);
  }
});

Deno.test("planText() has room for nobody", () => {
  const text = planText(report([], new Map(), 20), 10, new Map(), PLAIN);
  assert.match(text, /^npub1\w+… follows 0 people\. 0 relays would be asked/);
});
