import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { coverageReport, type CoverageSource } from "../src/coverage_report.ts";
import { planReq } from "../src/plan/plan_req.ts";
import type { AnsweredRange } from "../src/spans/span_book.ts";
import { relayList } from "../testing/memory_source.ts";
import { START } from "../testing/test_clock.ts";
import { people, person } from "./support/listed_people.ts";
import { bookOf } from "./support/spans.ts";

const A = "wss://a.example/", B = "wss://b.example/", C = "wss://c.example/";
const RELAYS = [A, B, C];

/** The report on a plan for some people by their relays, after some answers. */
function reportOn(
  relays: readonly (readonly string[])[],
  answers: readonly AnsweredRange[],
  { filters = [{ kinds: [1], authors: people(relays.length) }], resting = [], ...source }:
    & Partial<CoverageSource>
    & { filters?: NostrFilter[]; resting?: readonly string[] } = {},
) {
  const lists = new Map(
    relays.map((write, n) => [person(n), relayList(person(n), { write: [...write] })]),
  );
  return coverageReport({
    filters,
    plan: planReq(filters, lists, { indexerRelays: [], maxRelays: 100 }),
    standIns: [],
    report: (url) => ({
      state: resting.includes(url) ? "backing-off" : "closed",
      wantsSignIn: false,
    }),
    book: bookOf(answers),
    ...source,
  });
}

const range = { authors: people(20), kinds: [1], proof: "finish", at: START } as const;

Deno.test("coverageReport() has a person complete exactly where each relay that can answer is", () => {
  const time = fc.nat({ max: 12 });
  const answers = fc.array(
    fc.record({ relay: fc.constantFrom(...RELAYS), since: time, until: time }, {
      noNullPrototype: true,
    }),
    { maxLength: 6 },
  );
  const lists = fc.array(fc.subarray(RELAYS, { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 4,
  });
  const resting = fc.subarray(RELAYS, { maxLength: 1 });
  fc.assert(fc.property(lists, answers, resting, (lists, answers, resting) => {
    const report = reportOn(lists, answers.map((answer) => ({ ...range, ...answer })), { resting });
    for (const [n, { since, until, relays, missing }] of report.people.entries()) {
      assert.deepEqual(new Set(relays.map(({ url }) => url)), new Set(lists[n]));
      assert.deepEqual(
        missing.map(({ relay }) => relay),
        lists[n].filter((url) => resting.includes(url)),
      );
      const able = lists[n].filter((url) => !resting.includes(url));
      const counted = able.length > 0 ? able : lists[n];
      const complete = Array.from({ length: 13 }, (_, second) => second).filter((second) =>
        counted.every((url) =>
          answers.some(({ relay, since, until }) =>
            relay === url && since <= second && second <= until
          )
        )
      );
      // The newest seconds without a gap.
      const newest = complete.filter((second, i) =>
        complete.at(-1)! - second === complete.length - 1 - i
      );
      assert.deepEqual([since, until], [newest[0], newest.at(-1)]);
    }
  }));
});

Deno.test("coverageReport() asks each relay for the kinds and time that it is asked for, together", () => {
  const filters = [
    { kinds: [1], authors: [person(0)], since: 100, until: 200 },
    { kinds: [6], authors: [person(0)], since: 50, until: 150 },
    { kinds: [20_001], authors: [person(0)] },
  ];
  const one = { ...range, relay: A, since: 0, until: 500 };
  const report = (kinds: number[]) => reportOn([[A]], [{ ...one, kinds }], { filters });
  assert.equal(report([1]).people[0].until, undefined);
  const [{ since, until }] = report([1, 6]).people;
  assert.deepEqual([since, until], [0, 500]);
  const [both] =
    reportOn([[A]], [{ ...one, kinds: [1, 6] }], { filters: filters.slice(0, 2) }).people;
  assert.deepEqual([both.since, both.until], [50, 200]);
  const reversed = reportOn([[A]], [{ ...one, kinds: [1, 6] }], {
    filters: filters.slice(0, 2).reverse(),
  }).people[0];
  assert.deepEqual([reversed.since, reversed.until], [50, 200]);
  const all = [{ authors: [person(0)] }];
  assert.equal(reportOn([[A]], [one], { filters: all }).people[0].until, undefined);
  assert.equal(
    reportOn([[A]], [{ ...one, kinds: undefined }], { filters: all }).people[0].until,
    500,
  );
});

Deno.test("coverageReport() counts relays that stand in for those that rest", () => {
  const filters = [{ kinds: [1], authors: [person(0)] }];
  const standIns = [[B, filters]] as const;
  const one = { ...range, since: 0, until: 9 };
  const of = (...relays: string[]) =>
    reportOn([[A]], relays.map((relay) => ({ ...one, relay })), { filters, standIns, resting: [A] })
      .people[0];
  assert.equal(of(A).until, undefined);
  assert.equal(of(B).until, 9);
  assert.deepEqual(of(B).missing, [{ relay: A, reason: "backing-off" }]);
});

Deno.test("coverageReport() says of a relay that wants a sign-in and answered nothing that it is missing", () => {
  const report = () => ({ state: "open", wantsSignIn: true }) as const;
  const [person] = reportOn([[A]], [], { report }).people;
  assert.deepEqual(person.missing, [{ relay: A, reason: "auth-required" }]);
  assert.deepEqual(
    reportOn([[A]], [{ ...range, relay: A, since: 0, until: 9 }], { report }).people[0].missing,
    [],
  );
});

Deno.test("coverageReport() claims nothing of a person of whom some is requested from nobody", () => {
  const filters = [{ kinds: [0, 1], authors: [person(0)] }];
  const plan = planReq(filters, new Map(), { indexerRelays: [A], fallbackRelays: [] });
  const profiles = { ...range, kinds: [0], relay: A, since: 0, until: 9 };
  const [{ until, relays, unrouted }] = reportOn([[]], [profiles], { filters, plan }).people;
  assert.deepEqual([until, relays.length, unrouted], [undefined, 1, "no-list"]);
});

Deno.test("coverageReport() misses no relay that the plan leaves out, since others are enough", () => {
  const filters = [{ kinds: [1], authors: people(3) }];
  const lists = new Map([RELAYS, [B], [C]].map((write, n) => [
    person(n),
    relayList(person(n), { write }),
  ]));
  for (const options of [{ maxRelays: 1 }, { relaysPerAuthor: 1 }]) {
    const plan = planReq(filters, lists, { indexerRelays: [], ...options });
    assert.ok(plan.subjects[0].skipped.length > 0);
    assert.deepEqual(reportOn([[]], [], { filters, plan }).people[0].missing, []);
  }
});

Deno.test("coverageReport() is a few lines of text for 300 people, and all of it as JSON", () => {
  const lists = Array.from(
    { length: 300 },
    (_, n) => [`wss://${n % 40}.example/`, "ws://10.0.0.1/"],
  );
  const resting = Array.from({ length: 20 }, (_, n) => `wss://${n}.example/`);
  const report = reportOn(lists, [{
    ...range,
    relay: "wss://30.example/",
    authors: people(300),
    since: 60,
    until: 3_600,
  }], { resting });
  assert.deepEqual(String(report).split("\n"), [
    "7 of 300 people complete, all of them from 1970-01-01T00:01:00Z to 1970-01-01T01:00:00Z; 7 by finish",
    "293 people: unknown",
    "missing: ws://10.0.0.1/ (local), of 300 people",
    ...[0, 1, 2, 3].map((n) => `missing: wss://${n}.example/ (backing-off), of 8 people`),
    "and 16 other relays missing",
  ]);
  assert.equal(JSON.parse(JSON.stringify(report)).people.length, 300);
});
