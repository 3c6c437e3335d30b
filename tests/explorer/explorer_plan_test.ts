import assert from "node:assert/strict";
import fc from "fast-check";
import { explorerData } from "../../src/explorer/explorer_data.ts";
import { ExplorerPlanner, knowledgeOf } from "../../src/explorer/explorer_plan.ts";
import { planReq } from "../../src/plan.ts";
import { zipfLists } from "../../testing/world/world.ts";
import { explorerWorld } from "../support/explorer_world.ts";

const FALLBACK = "wss://fallback.example/";

Deno.test("ExplorerPlanner asks whom planReq() asks, relay by relay, at any cap", () => {
  const seeds = fc.record({
    seed: fc.integer(),
    authors: fc.integer({ min: 1, max: 60 }),
    unlisted: fc.integer({ min: 0, max: 5 }),
    maxRelays: fc.integer({ min: 1, max: 12 }),
    hasFallback: fc.boolean(),
  });
  fc.assert(
    fc.property(seeds, ({ seed, authors, unlisted, maxRelays, hasFallback }) => {
      const knowledge = zipfLists({ authors, relays: 20, seed });
      const strangers = Array.from({ length: unlisted }, (_, i) => `${i}`.repeat(64));
      const people = [...knowledge.keys(), ...strangers];
      const weight = (url: string) => 1 + url.length % 3;
      const fallbackRelays = hasFallback ? [FALLBACK] : [];
      const options = { fallbackRelays, weight, popularRelays: seed & 3 };
      const data = explorerData({ people, knowledge, now: 0, options });
      const shown = new ExplorerPlanner(JSON.parse(JSON.stringify(data))).plan(maxRelays);

      const plan = planReq([{ kinds: [1], authors: people }], knowledge, {
        ...options,
        indexerRelays: [],
        maxRelays,
      });
      const asked = [...plan.routes].map(([url, filters]) => [
        url,
        [...new Set(filters.flatMap(({ authors = [] }) => authors))].sort(),
      ]);
      assert.deepEqual(
        shown.relays.map(({ relay, people }) => [
          data.relays[relay].url,
          people.map((person) => data.people[person].pubkey).sort(),
        ]),
        asked,
      );
      const own = plan.subjects.filter(({ reason }) => reason === "list");
      assert.equal(shown.counts.one, own.filter(({ relays }) => relays.length === 1).length);
      assert.equal(shown.counts.several, own.filter(({ relays }) => relays.length > 1).length);
      assert.equal(shown.counts.none, plan.unrouted.length);
      const { several, one, guess, none } = shown.counts;
      assert.equal(several + one + guess + none, people.length);
      for (const { people, alone } of shown.relays) {
        const few = people.filter((person) => shown.people[person].relays.length === 1);
        assert.equal(alone, few.length);
      }
    }),
  );
});

Deno.test("knowledgeOf() gives back what explorerData() was made of", () => {
  const { knowledge, ...world } = explorerWorld({ follows: 40 });
  const found = knowledgeOf(explorerData({ knowledge, ...world }));
  for (const [pubkey, { write }] of knowledge) assert.deepEqual(found.get(pubkey)?.write, write);
});

Deno.test("ExplorerPlanner.skipped() tells why relays of a person are not asked", () => {
  const [alice, a, b] = ["aa".repeat(32), "wss://a.example/", "wss://b.example/"];
  const knowledge = new Map([[alice, {
    write: [a, b],
    refused: [{ url: "ws://c.example", reason: "insecure" as const }],
  }]]);
  const policy = { allow: (url: string) => url !== b };
  const data = explorerData({ people: [alice], knowledge, now: 0, options: { policy } });
  const planner = new ExplorerPlanner(data);
  assert.deepEqual(planner.plan(5).people[0].relays, [0]);
  assert.deepEqual(planner.skipped(0, 5).map(({ url, reason }) => [url, reason]), [
    [b, "policy"],
    ["ws://c.example", "insecure"],
  ]);
});

Deno.test("ExplorerPlanner plans for nobody, and for people with nowhere to ask", () => {
  const nobody = new ExplorerPlanner(explorerData({ people: [], knowledge: new Map(), now: 0 }));
  assert.deepEqual(nobody.plan(20).relays, []);
  const people = ["aa".repeat(32), "not a key"];
  const data = explorerData({ people, knowledge: new Map(), now: 0 });
  const { people: plans, counts } = new ExplorerPlanner(data).plan(20);
  assert.deepEqual(plans.map(({ reason, unrouted }) => [reason, unrouted]), [
    ["no-list", "no-list"],
    ["invalid-pubkey", "invalid-pubkey"],
  ]);
  assert.equal(counts.none, 2);
});
