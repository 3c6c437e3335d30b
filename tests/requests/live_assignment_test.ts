import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { planSettings } from "../../src/plan/plan_options.ts";
import { type PlannedReq, planParts } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { LiveAssignment, type LiveSubject } from "../../src/requests/live_assignment.ts";
import { PEOPLE, RELAYS, requests } from "../support/requests.ts";

/** Several plans of one request, by different lists. */
const plans: fc.Arbitrary<PlannedReq[]> = fc.tuple(
  requests,
  fc.array(requests, { minLength: 1, maxLength: 5 }),
).map(([{ filters, lists, options }, others]) => {
  const parts = reqParts(filters);
  const settings = planSettings(options);
  return [lists, ...others.map((other) => other.lists)]
    .map((lists) => planParts(parts, lists, settings));
});

/** The relays of each subject, without the unscoped filters. */
function relaysOf(live: LiveAssignment): Map<LiveSubject, string[]> {
  const relays = new Map(live.subjects.map((subject) => [subject, [] as string[]]));
  for (const [url, subjects] of live.asked) {
    for (const subject of subjects) relays.get(subject)?.push(url);
  }
  return relays;
}

/** The relays that a plan gives a row, and those that it might have given it. */
function planned({ assignment, graph }: PlannedReq, row: number) {
  const { urls, relayIndexes, relaysPerSubject } = assignment;
  const indexes = relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject);
  return {
    given: [...indexes].filter((index) => index >= 0).map((index) => urls[index]),
    candidates: [...graph.relaysOf.subarray(graph.starts[row], graph.starts[row + 1])]
      .map((id) => graph.urls[id]).filter((url) => urls.includes(url)),
  };
}

Deno.test("LiveAssignment starts with the assignment of the plan, and with no difference", () => {
  fc.assert(fc.property(plans, ([first]) => {
    const live = new LiveAssignment(first.assignment);
    const relays = relaysOf(live);
    live.subjects.forEach((subject, row) => {
      assert.deepEqual(relays.get(subject)!.toSorted(), planned(first, row).given.toSorted());
    });
    assert.deepEqual(live.difference(), []);
  }));
});

Deno.test("LiveAssignment adopt() gives each subject as many relays as the plan, all from the plan", () => {
  fc.assert(fc.property(plans, ([first, ...others]) => {
    const live = new LiveAssignment(first.assignment);
    for (const plan of others) {
      live.adopt(plan);
      const relays = relaysOf(live);
      live.subjects.forEach((subject, row) => {
        const { given, candidates } = planned(plan, row);
        assert.equal(relays.get(subject)!.length, given.length);
        for (const url of relays.get(subject)!) {
          assert.ok(given.includes(url) || candidates.includes(url), url);
        }
      });
    }
  }));
});

Deno.test("LiveAssignment adopt() moves a subject only to make good for a relay that it must leave", () => {
  fc.assert(fc.property(plans, ([first, ...others]) => {
    const live = new LiveAssignment(first.assignment);
    for (const plan of others) {
      const before = relaysOf(live);
      live.adopt(plan);
      const after = relaysOf(live);
      live.subjects.forEach((subject, row) => {
        const { given, candidates } = planned(plan, row);
        const mayStay = before.get(subject)!
          .filter((url) => given.includes(url) || candidates.includes(url));
        const stayed = mayStay.filter((url) => after.get(subject)!.includes(url));
        assert.equal(stayed.length, Math.min(mayStay.length, given.length));
      });
    }
  }));
});

Deno.test("LiveAssignment difference() adds up to what is asked, however seldom it is called", () => {
  fc.assert(fc.property(plans, fc.infiniteStream(fc.boolean()), ([first, ...others], calls) => {
    const live = new LiveAssignment(first.assignment);
    const sum = new Map([...live.asked].map(([url, subjects]) => [url, new Set(subjects)]));
    others.forEach((plan, i) => {
      live.adopt(plan);
      if (i < others.length - 1 && calls.next().value) return;
      for (const { url, gained, lost } of live.difference()) {
        const subjects = sum.get(url) ?? new Set();
        sum.set(url, subjects);
        for (const subject of lost) assert.ok(subjects.delete(subject));
        for (const subject of gained) assert.ok(!subjects.has(subject) && subjects.add(subject));
        if (subjects.size === 0) sum.delete(url);
      }
    });
    assert.deepEqual(sum, new Map(live.asked));
    assert.deepEqual(live.difference(), []);
  }));
});

Deno.test("LiveAssignment adopt() gives an author no more relays because gift wraps are requested from more", () => {
  const [alice, bob, carol, dave] = PEOPLE;
  const [a, b, c, d, ...others] = RELAYS;
  const parts = reqParts([{ authors: [alice, bob, carol] }, { kinds: [1059], "#p": [dave] }]);
  const settings = planSettings({ weight: (url) => url === c || url === d ? 2 : 1 });
  const plan = (...write: string[]) => {
    const lists: [string, RelayKnowledge][] = [
      [alice, { write }],
      [bob, { write: [a] }],
      [carol, { write: [b] }],
      [dave, { dm: others.slice(0, 4) }],
    ];
    return planParts(parts, new Map(lists), settings);
  };
  const live = new LiveAssignment(plan(a, b).assignment);
  live.adopt(plan(a, b, c, d));
  assert.deepEqual([...relaysOf(live).values()].map(({ length }) => length), [2, 1, 1, 4]);
});

Deno.test("LiveAssignment keeps unscoped filters on the relays that they went to at first", () => {
  const lists = new Map();
  const plan = (fallbackRelays: string[]) =>
    planParts(reqParts([{ "#t": ["x"] }]), lists, planSettings({ fallbackRelays }));
  const live = new LiveAssignment(plan(["wss://a.example/", "wss://b.example/"]).assignment);
  assert.deepEqual(live.unscopedRelays, ["wss://a.example/", "wss://b.example/"]);
  live.adopt(plan(["wss://b.example/", "wss://c.example/"]));
  assert.deepEqual([...live.asked.keys()], ["wss://b.example/"]);
});
