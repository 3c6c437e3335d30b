import assert from "node:assert/strict";
import type { NostrFilter } from "@nostrify/types";
import * as fc from "fast-check";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planRequest } from "../../src/plan/replan.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { earlyPlan } from "../../src/requests/early_plan.ts";
import { relayList } from "../../testing/memory_source.ts";

const PEOPLE = Array.from({ length: 5 }, (_, i) => `${i + 1}`.repeat(64));
const RELAYS = Array.from({ length: 5 }, (_, i) => `wss://r${i}.example/`);
const HUBS = ["wss://hub0.example/", "wss://hub1.example/"];

const MANY_HUBS = Array.from({ length: 5 }, (_, i) => `wss://hub${i}.example/`);

/** A request of which some people's lists are known. */
const requests = fc.record({
  lists: fc.array(fc.uniqueArray(fc.constantFrom(...RELAYS, HUBS[0]), { maxLength: 3 }), {
    minLength: PEOPLE.length,
    maxLength: PEOPLE.length,
  }),
  filter: fc.constantFrom<NostrFilter>(
    { kinds: [1], authors: PEOPLE },
    { kinds: [0, 1], authors: PEOPLE },
    { kinds: [0], authors: PEOPLE },
    { "#p": PEOPLE, kinds: [1] },
    { authors: PEOPLE, limit: 20 },
  ),
  maxRelays: fc.integer({ min: 1, max: 6 }),
});

function plan({ lists, filter, maxRelays, fallbackRelays = HUBS }: {
  lists: string[][];
  filter: NostrFilter;
  maxRelays: number;
  fallbackRelays?: string[];
}) {
  const known = PEOPLE.flatMap((pubkey, i) =>
    lists[i].length > 0 ? [[pubkey, relayList(pubkey, { write: lists[i], read: lists[i] })]] : []
  ) as [string, ReturnType<typeof relayList>][];
  const settings = planSettings({
    maxRelays,
    fallbackRelays,
    indexerRelays: ["wss://index0.example/", "wss://index1.example/"],
  });
  const planned = planRequest(reqParts([filter]), new Map(known), settings, false);
  const pending = new Set(PEOPLE.filter((_, i) => lists[i].length === 0));
  return { planned, pending, early: earlyPlan(planned, pending) };
}

const LIMIT = 200;
type Named = { authors?: string[]; "#p"?: string[]; limit?: number };
const namesOf = ({ authors = [], "#p": tagged = [] }: Named) => [...authors, ...tagged];

Deno.test("earlyPlan() asks for the others as the plan does, and only fallback relays for the newest of the pending", () => {
  fc.assert(fc.property(requests, (request) => {
    const { planned, pending, early } = plan(request);
    const { previews } = early.early!;
    for (const [url, filters] of early.plan.routes) {
      const named = new Set(filters.flatMap(namesOf));
      if (previews.has(url)) {
        assert.ok(HUBS.includes(url));
        for (const pubkey of named) assert.ok(pending.has(pubkey));
        for (const { limit } of filters) assert.ok(limit! <= LIMIT);
        continue;
      }
      const isIndexer = url.includes("index");
      const before = new Set(planned.plan.routes.get(url)!.flatMap(namesOf));
      const expected = [...before].filter((pubkey) => isIndexer || !pending.has(pubkey));
      assert.deepEqual([...named].sort(), expected.sort());
    }
    for (const url of planned.plan.routes.keys()) {
      const isKept = early.plan.routes.has(url);
      const others = planned.plan.routes.get(url)!.flatMap(namesOf).filter((p) => !pending.has(p));
      assert.ok(isKept || others.length === 0);
    }
  }));
});

Deno.test("earlyPlan() keeps to R3: it has at most maxRelays relays, those of the plan and fallback relays", () => {
  fc.assert(fc.property(requests, fc.integer({ min: 1, max: 5 }), (request, count) => {
    const fallbackRelays = MANY_HUBS.slice(0, count);
    const { planned, early } = plan({ ...request, fallbackRelays });
    assert.ok(early.plan.routes.size <= request.maxRelays);
    for (const url of early.plan.routes.keys()) {
      assert.ok(planned.plan.routes.has(url) || early.early!.previews.has(url));
    }
    assert.deepEqual(early.assignment.urls, [...early.plan.routes.keys()]);
  }));
});

Deno.test("earlyPlan() asks three fallback relays for the newest events of all, however few the plan has for each", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
      (count, maxRelays) => {
        const fallbackRelays = MANY_HUBS.slice(0, count);
        const lists = PEOPLE.map(() => []);
        const filter = { kinds: [1], authors: PEOPLE };
        const { early } = plan({ lists, filter, maxRelays, fallbackRelays });
        const expected = fallbackRelays.slice(0, Math.min(3, maxRelays));
        assert.deepEqual([...early.early!.previews], expected);
        for (const filters of early.plan.routes.values()) {
          assert.deepEqual(filters.flatMap(namesOf).sort(), PEOPLE);
        }
      },
    ),
  );
});

Deno.test("earlyPlan() asks no fallback relay that the user blocks, or that weighs nothing", () => {
  const settings = planSettings({
    fallbackRelays: MANY_HUBS,
    weight: (url) => url === MANY_HUBS[0] ? 0 : 1,
  });
  const check: typeof settings.check = (url) =>
    url === MANY_HUBS[1] ? { reason: "blocked" } : settings.check(url);
  const parts = reqParts([{ kinds: [1], authors: PEOPLE }]);
  const planned = planRequest(parts, new Map(), { ...settings, check }, false);
  const { early } = earlyPlan(planned, new Set(PEOPLE));
  assert.deepEqual([...early!.previews], MANY_HUBS.slice(2, 5));
});

Deno.test("earlyPlan() has no rows for people who are pending, but for indexers, and keeps pairs", () => {
  fc.assert(fc.property(requests, (request) => {
    const { planned, pending, early } = plan({
      ...request,
      filter: { kinds: [0], authors: PEOPLE },
    });
    const { subjects, roles, pairs = new Map<number, number>() } = early.assignment;
    for (const { role, first, end } of roles) {
      if (role === "index") continue;
      for (const subject of subjects.slice(first, end)) assert.ok(!pending.has(subject));
    }
    for (const [row, other] of pairs) assert.equal(subjects[row], subjects[other]);
    const rows = planned.assignment;
    assert.equal(pairs.size, rows.pairs?.size ?? 0);
  }));
});
