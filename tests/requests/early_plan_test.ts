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

function plan({ lists, filter, maxRelays }: {
  lists: string[][];
  filter: NostrFilter;
  maxRelays: number;
}) {
  const known = PEOPLE.flatMap((pubkey, i) =>
    lists[i].length > 0 ? [[pubkey, relayList(pubkey, { write: lists[i], read: lists[i] })]] : []
  ) as [string, ReturnType<typeof relayList>][];
  const settings = planSettings({
    maxRelays,
    fallbackRelays: HUBS,
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

Deno.test("earlyPlan() keeps to R3: it has no relay that the plan has not", () => {
  fc.assert(fc.property(requests, (request) => {
    const { planned, early } = plan(request);
    for (const url of early.plan.routes.keys()) assert.ok(planned.plan.routes.has(url));
    assert.deepEqual(early.assignment.urls, [...early.plan.routes.keys()]);
  }));
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
