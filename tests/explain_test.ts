import assert from "node:assert/strict";
import {
  explanation,
  type ExplanationParts,
  missingListsOf,
  relayReport,
  type ReportSource,
} from "../src/explain.ts";
import type { RelayKnowledge } from "../src/nostr/relay_knowledge.ts";
import { subjectKey } from "../src/nostr/subject_key.ts";
import { type PlanOptions, planSettings } from "../src/plan/plan_options.ts";
import { planReq, type ReqPlan } from "../src/plan/plan_req.ts";
import { planRequest } from "../src/plan/replan.ts";
import { reqParts } from "../src/plan/req_parts.ts";
import type { RelayRecord } from "../src/relays/relay_record.ts";
import { relayList } from "../testing/memory_source.ts";
import { AUTHORS } from "./support/notes.ts";

const [ALICE, BOB, CAROL, DAVE] = AUTHORS;
const A = "wss://a.example/", B = "wss://b.example/", HUB = "wss://hub.example/";

/** A report on a relay with this record. */
function reportOn(record?: Partial<RelayRecord>, source: Partial<ReportSource> = {}) {
  return relayReport({
    url: A,
    isOpen: false,
    now: 1_000_000,
    weight: 1,
    ...record ? { record: record as RelayRecord } : {},
    ...source,
  });
}

Deno.test("relayReport() of an unknown relay says that nothing is known", () => {
  assert.deepEqual(reportOn(), {
    url: A,
    state: "closed",
    retryIn: 0,
    weight: 1,
    failuresInARow: 0,
    failures: {},
    successes: 0,
    wantsSignIn: false,
  });
});

Deno.test("relayReport() says whether a relay is open, closed, or not tried for a while", () => {
  for (
    const [isOpen, retryAt, state, retryIn] of [
      [true, 0, "open", 0],
      [true, 1_005_000, "open", 0],
      [false, 1_005_000, "backing-off", 5_000],
      [false, 1_000_001, "backing-off", 1],
      [false, 1_000_000, "closed", 0],
      [false, 999_000, "closed", 0],
    ] as const
  ) {
    const report = reportOn({ retryAt, hits: 0, misses: 0 }, { isOpen });
    assert.deepEqual([report.state, report.retryIn], [state, retryIn]);
  }
});

Deno.test("relayReport() has what a record has, as a copy, in whole milliseconds", () => {
  const failures = { unreachable: 3, "no-answer": 1 };
  const report = reportOn({
    retryAt: 0,
    inARow: 2,
    failures,
    successes: 7,
    connectMs: { mean: 123.4, dev: 5 },
    eoseMs: { mean: 456.7, dev: 5 },
    hits: 3,
    misses: 1,
  });
  assert.deepEqual(report, {
    url: A,
    state: "closed",
    retryIn: 0,
    weight: 1,
    failuresInARow: 2,
    failures,
    successes: 7,
    connectMs: 123,
    eoseMs: 457,
    delivers: 0.75,
    wantsSignIn: false,
  });
  assert.notEqual(report.failures, failures);
});

/** The lines of an explanation. */
function lines(
  filters: Parameters<typeof planReq>[0],
  reports: ReturnType<typeof reportOn>[],
  options: PlanOptions = {},
): string[] {
  const lists = new Map([
    [ALICE, relayList(ALICE, { write: [A, B] })],
    [BOB, relayList(BOB, { write: [B] })],
    [DAVE, relayList(DAVE, { write: ["wss://d.example/"] })],
  ]);
  return textOf(planReq(filters, lists, { indexerRelays: [], ...options }), { relays: reports });
}

/** The lines of a plan's explanation. */
function textOf(plan: ReqPlan, parts: Partial<ExplanationParts> = {}): string[] {
  return explanation({ plan, relays: [], standIns: [], missingLists: [], ...parts }).toString()
    .split("\n");
}

Deno.test("explanation() says which relays are asked for how many people, and what is known about each", () => {
  const filters = [{ kinds: [1], authors: [ALICE, BOB] }, { kinds: [0], authors: [BOB] }];
  const text = lines(filters, [
    reportOn({ retryAt: 0, inARow: 0, failures: {}, eoseMs: { mean: 80, dev: 1 } }, {
      url: B,
      isOpen: true,
    }),
    reportOn({
      retryAt: 1_060_500,
      inARow: 2,
      failures: { unreachable: 2, "rate-limited": 1 },
      connectMs: { mean: 90, dev: 1 },
      hits: 1,
      misses: 2,
    }),
  ]);
  assert.deepEqual(text, [
    "2 of 2 people requested from 2 relays",
    "wss://b.example/: 2 people, 2 filters; open; answers in 80 ms",
    "wss://a.example/: 1 person, 1 filter; not tried again for 61 s; failed 2 times in a row; " +
    "2 x unreachable, 1 x rate-limited; connects in 90 ms; delivers 33 %",
  ]);
});

Deno.test("explanation() says why people are requested from other relays, or not at all", () => {
  const filters = [{ authors: [ALICE, BOB, CAROL, "junk"] }, { kinds: [1] }, { authors: [] }];
  const options = { maxRelays: 1, relaysPerAuthor: 1 };
  const text = lines(filters, [reportOn(undefined, { url: B })], options);
  assert.deepEqual(
    text,
    [
      "2 of 4 people requested from 1 relay",
      "wss://b.example/: 2 people, 1 filter; closed",
      "1 person without a usable relay list: requested from fallback relays, if any",
      "not requested: filter 2 (matches-nothing)",
      `not requested: ${CAROL} in filter 0 (no-list)`,
      "not requested: junk in filter 0 (invalid-pubkey)",
      "not requested: filter 1 (no-fallback)",
    ].sort(byText(text)),
  );
  const capped = lines([{ authors: [BOB, CAROL, DAVE] }], [reportOn(undefined, { url: HUB })], {
    maxRelays: 2,
    fallbackRelays: [HUB],
  });
  assert.deepEqual(capped, [
    "3 of 3 people requested from 1 relay",
    "wss://hub.example/: 2 people, 1 filter; closed",
    "1 person without a usable relay list: requested from fallback relays, if any",
    "1 person without a relay within maxRelays: requested from fallback relays, if any",
  ]);
});

Deno.test("explanation() counts people, events and groups that hints, indexers and kind 10050 lists decide", () => {
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: [A] }],
    [BOB, { hints: [{ url: B, weight: 1, source: "hand" }] }],
    [subjectKey("id", "e1"), { hints: [{ url: B, weight: 1, source: "nip19" }] }],
    [subjectKey("group", "cats"), { hints: [{ url: A, weight: 1, source: "tag" }] }],
  ]);
  const filters = [
    { kinds: [0], authors: [ALICE, BOB] },
    { kinds: [1059], "#p": [CAROL] },
    { ids: ["e1", "e2"] },
    { "#h": ["cats"] },
  ];
  const plan = planReq(filters, knowledge, { indexerRelays: [HUB], fallbackRelays: [HUB] });
  assert.deepEqual(textOf(plan, { relays: [reportOn(undefined, { url: HUB })] }), [
    "2 of 3 people requested from 1 relay",
    "wss://hub.example/: 2 people, 3 filters; closed",
    "1 person without a usable relay list: requested from relays that hints name, and fallback relays",
    "1 person without a usable list of relays for gift wraps (kind 10050): not requested",
    "2 people requested from indexers as well",
    "1 event requested from relays that hints name",
    "1 group requested from relays that hints name",
    `not requested: ${CAROL} in filter 1 (no-dm-list)`,
  ]);
});

Deno.test("explanation() weighs each relay once, and reads each person's relays as often for few relays as for many", () => {
  const urls = Array.from({ length: 20 }, (_, i) => `wss://relay${i}.example/`);
  const people = new Map<string, RelayKnowledge>(
    AUTHORS.map((pubkey, i) => [pubkey, { write: [...urls.slice(i % 20), ...urls.slice(0, 3)] }]),
  );
  let weighed = 0;
  const plan = planReq([{ authors: [...AUTHORS] }], people, { weight: () => (weighed++, 1) });
  weighed = 0;
  let reads = 0;
  const subjects = plan.subjects.map(({ relays, ...route }) => ({
    ...route,
    get relays() {
      reads++;
      return relays;
    },
  }));
  assert.ok(weighed <= urls.length, `${weighed}`);
  const readsOf = (count: number) => {
    reads = 0;
    const relays = urls.slice(0, count).map((url) => reportOn(undefined, { url }));
    textOf({ routes: plan.routes, unrouted: plan.unrouted, subjects }, { relays });
    return reads;
  };
  assert.equal(readsOf(20), readsOf(1));
});

Deno.test("explanation() counts one as one", () => {
  const failed = { retryAt: 0, inARow: 1, failures: { junk: 1 }, hits: 0.2, misses: 0.2 };
  const [, line] = lines([{ authors: [DAVE] }], [reportOn(failed, { url: "wss://d.example/" })]);
  assert.equal(
    line,
    "wss://d.example/: 1 person, 1 filter; closed; failed 1 time in a row; 1 x junk; delivers 50 %",
  );
});

Deno.test("explanation() of a request for nobody names no relay", () => {
  assert.deepEqual(lines([], []), ["0 of 0 people requested from 0 relays"]);
});

/** Sorts lines as they stand in a text: the order of unrouted subjects does not matter. */
function byText(text: readonly string[]) {
  return (a: string, b: string) => text.indexOf(a) - text.indexOf(b);
}

Deno.test("explanation() names refused and blocked relays with what would allow them, and how many list them", () => {
  const local = "ws://192.168.1.7/";
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: [A, local] }],
    [BOB, { write: [A, local], refused: [{ url: "junk", reason: "no-scheme" }] }],
  ]);
  const options = { indexerRelays: [], weight: (url: string) => url === B ? 0 : 1 };
  assert.deepEqual(textOf(planReq([{ authors: [ALICE, BOB] }], knowledge, options)).slice(1), [
    "not asked: ws://192.168.1.7/, refused (local): policy.allowLocal would allow it; listed by 2 people",
    "not asked: junk, refused (no-scheme); listed by 1 person",
  ]);
});

Deno.test("explanation() of 300 people without relays is a few lines long", () => {
  const authors = Array.from({ length: 300 }, (_, i) => `${i}`.padStart(64, "0"));
  const text = textOf(planReq([{ authors }], new Map(), { indexerRelays: [] }));
  assert.equal(text.length, 8);
  assert.equal(text.at(-1), "not requested: 295 more (no-list)");
});

Deno.test("explanation() says of people without a list whether it was looked for, and how that ended", () => {
  const missingLists = (["unusable", "none", "not-answered", "searching", "not-searched"] as const)
    .flatMap((reason, i) =>
      Array.from({ length: i + 1 }, () => ({ pubkey: ALICE, kind: 10002, reason }))
    );
  const gone = { pubkey: ALICE, kind: 10050, reason: "none" } as const;
  const text = textOf(planReq([], new Map()), { missingLists: [...missingLists, gone] });
  assert.deepEqual(text.slice(1), [
    "1 person: a kind 10002 list is known, but names no usable relay",
    "2 people: a kind 10002 list was looked for, and indexers have none",
    "3 people: a kind 10002 list was looked for, but too few relays answered",
    "4 people: a kind 10002 list is being looked for",
    "5 people: a kind 10002 list was not looked for",
    "1 person: a kind 10050 list was looked for, and indexers have none",
  ]);
});

Deno.test("missingListsOf() asks how the search ended for each person without a list, once for each kind", async () => {
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: [A], read: [] }],
    [BOB, { write: ["ws://127.0.0.1/"] }],
    [CAROL, { hints: [{ url: B, weight: 1, source: "hand" }] }],
  ]);
  const filters = [
    { authors: [ALICE, BOB, CAROL, DAVE] },
    { "#p": [ALICE, DAVE] },
    { kinds: [1059], "#p": [ALICE] },
    { ids: ["e1"] },
  ];
  const settings = planSettings({ indexerRelays: [] });
  const planned = planRequest(reqParts(filters), knowledge, settings, false);
  const asked: string[] = [];
  const missing = await missingListsOf(planned, (kind, pubkey) => {
    asked.push(`${kind} ${pubkey}`);
    return Promise.resolve("none");
  });
  assert.deepEqual(missing, [
    { pubkey: BOB, kind: 10002, reason: "unusable" },
    { pubkey: CAROL, kind: 10002, reason: "none" },
    { pubkey: DAVE, kind: 10002, reason: "none" },
    { pubkey: ALICE, kind: 10002, reason: "unusable" },
    { pubkey: ALICE, kind: 10050, reason: "none" },
    // Mentions of any kind include gift wraps.
    { pubkey: DAVE, kind: 10050, reason: "none" },
  ]);
  const lists = [`10002 ${CAROL}`, `10002 ${DAVE}`, `10050 ${ALICE}`, `10050 ${DAVE}`];
  assert.deepEqual(asked, lists);
});

Deno.test("relayReport() says that a relay wants a sign-in, by its words or its description, and the proof of its answer", () => {
  assert.equal(reportOn({ failures: { "auth-required": 1 } }).wantsSignIn, true);
  assert.equal(reportOn({ limits: { authRequired: true } }).wantsSignIn, true);
  assert.equal(reportOn({ limits: {}, failures: { closed: 1 } }).wantsSignIn, false);
  const report = reportOn({ failures: { "auth-required": 1 }, lastProof: "finish" });
  assert.equal(report.proof, "finish");
  const text = textOf(planReq([], new Map()), { relays: [report] });
  assert.match(text[1], /1 x auth-required; wants a sign-in \(NIP-42\); last answer: finish$/);
});

Deno.test("JSON.stringify() gives all of an explanation", () => {
  const plan = planReq([{ authors: [ALICE, BOB] }], new Map([[ALICE, { write: [A] }]]), {
    indexerRelays: [],
  });
  const parts: ExplanationParts = {
    plan,
    relays: [reportOn()],
    standIns: [{ ...reportOn(undefined, { url: HUB }), filters: [{ authors: [BOB] }] }],
    missingLists: [{ pubkey: BOB, kind: 10002, reason: "none" }],
  };
  const { routes, unrouted, subjects } = plan;
  assert.deepEqual(JSON.parse(JSON.stringify(explanation(parts))), {
    ...parts,
    plan: { routes: Object.fromEntries(routes), unrouted, subjects },
  });
});
