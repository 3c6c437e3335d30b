import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayHint, RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import { type PlanOptions, planSettings } from "../../src/plan/plan_options.ts";
import { planParts, planReq } from "../../src/plan/plan_req.ts";
import { reqParts, withGiven } from "../../src/plan/req_parts.ts";
import { PEOPLE } from "../support/requests.ts";

const [ALICE, BOB, CAROL] = PEOPLE;
const url = (letter: string) => `wss://${letter}.example/`;
const ID = "ee".repeat(32);

/** Hints by a letter each, with their weights. */
function hintsOf(weights: Record<string, number>): RelayKnowledge {
  const hints = Object.entries(weights)
    .map(([letter, weight]): RelayHint => ({ url: url(letter), weight, source: "tag" }));
  return { hints: hints.toSorted((a, b) => b.weight - a.weight) };
}

/** The letters of the relays that one person is requested from, sorted. */
function asked(known: RelayKnowledge, options: PlanOptions = {}): string {
  const knowledge = new Map([[ALICE, known]]);
  const { routes } = planReq([{ kinds: [1], authors: [ALICE] }], knowledge, options);
  return [...routes.keys()].map((url) => url[6]).sort().join("");
}

Deno.test("planReq() asks the relay of the heaviest hint before lighter ones with smaller URLs", () => {
  assert.equal(asked(hintsOf({ a: 0.25, b: 0.25, z: 1 }), { relaysPerAuthor: 1 }), "z");
  assert.equal(asked(hintsOf({ a: 0.25, y: 0.4, z: 0.8 }), { relaysPerAuthor: 2 }), "yz");
  assert.equal(asked(hintsOf({ a: 0.25, z: 1 }), { relaysPerAuthor: 1, maxRelays: 1 }), "z");
  const fallbackRelays = [url("h")];
  assert.equal(asked(hintsOf({ a: 0.25, b: 0.25, z: 1 }), { fallbackRelays }), "hz");
  assert.equal(asked(hintsOf({ a: 0.25, h: 0.25, z: 1 }), { fallbackRelays }), "hz");
});

Deno.test("planReq() asks the relays of the best hints, by the weight of the hint times that of the relay", () => {
  const letters = [..."abcde"];
  const weights = fc.dictionary(fc.constantFrom(...letters), fc.constantFrom(0.2, 0.25, 0.4, 1), {
    minKeys: 1,
    noNullPrototype: true,
  });
  const health = fc.dictionary(fc.constantFrom(...letters), fc.constantFrom(0, 0.01, 0.5, 1));
  fc.assert(fc.property(weights, health, fc.integer({ min: 1, max: 3 }), (hinted, relays, most) => {
    const weight = (url: string) => relays[url[6]] ?? 1;
    const value = (letter: string) => hinted[letter] * weight(url(letter));
    const best = Object.keys(hinted).filter((letter) => value(letter) > 0)
      .sort((a, b) => value(b) - value(a) || (a < b ? -1 : 1)).slice(0, most);
    const found = asked(hintsOf(hinted), { weight, relaysPerAuthor: most, indexerRelays: [] });
    const values = (letters: Iterable<string>) => [...letters].map(value).sort();
    assert.deepEqual(values(found), values(best));
  }));
});

Deno.test("planReq() asks a relay that lives instead of three dead ones of better hints", () => {
  const known = hintsOf({ a: 1, b: 0.8, c: 0.6, d: 0.4 });
  const weight = (relay: string) => relay === url("d") ? 1 : 0.001;
  assert.equal(asked(known, { relaysPerAuthor: 1, weight }), "d");
  assert.match(asked(known, { weight, fallbackRelays: [url("h")] }), /d/);
});

Deno.test("planReq() lets people share the relay of a lighter hint where relays are scarce", () => {
  const knowledge = new Map([
    [ALICE, hintsOf({ a: 0.25, x: 0.2 })],
    [BOB, hintsOf({ b: 0.25, x: 0.2 })],
    [CAROL, hintsOf({ c: 0.25, x: 0.2 })],
  ]);
  const filters = [{ authors: [ALICE, BOB, CAROL] }];
  const { routes } = planReq(filters, knowledge, { maxRelays: 1, indexerRelays: [] });
  assert.deepEqual([...routes.keys()], [url("x")]);
});

Deno.test("planReq() gives a person of hints the heaviest of the chosen relays", () => {
  // Alice's lists make a and b relays of the plan; Bob's best hint is z.
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: [url("a"), url("b")] }],
    [BOB, hintsOf({ a: 0.2, b: 0.2, z: 1 })],
  ]);
  const options = { relaysPerAuthor: 1, fallbackRelays: [] };
  const filters = [{ authors: [ALICE, BOB], kinds: [1] }];
  const { subjects } = planReq(filters, knowledge, options);
  assert.deepEqual(subjects.find(({ subject }) => subject === BOB)?.relays, [url("z")]);
  // Also where that relay is full, and a lighter one is not.
  const crowd = PEOPLE.slice(2, 8);
  const crowded = planReq(
    [{ authors: [ALICE, BOB, ...crowd], kinds: [1] }],
    new Map([
      ...knowledge,
      ...crowd.map((pubkey) => [pubkey, { write: [url("z")] }] as const),
    ]),
    { ...options, authorsPerFilter: 1, maxFiltersPerRelay: 1 },
  );
  assert.deepEqual(crowded.subjects.find(({ subject }) => subject === BOB)?.relays, [url("z")]);
});

Deno.test("NIP-19: planParts() asks the relays that came with a request besides a list and the best hints", () => {
  const knowledge = new Map<string, RelayKnowledge>([
    [ALICE, { write: [..."abc"].map(url), given: [url("z")] }],
    [BOB, { write: [url("z")], given: [url("z")] }],
    [subjectKey("id", ID), { ...hintsOf({ a: 1, b: 0.5, c: 0.5 }), given: [url("y")] }],
  ]);
  const filters = [{ kinds: [1], authors: [ALICE, BOB] }, { ids: [ID] }];
  const parts = withGiven(reqParts(filters), (key) => knowledge.get(key)?.given !== undefined);
  const { plan, assignment } = planParts(parts, knowledge, planSettings({ maxRelays: 5 }));
  const atZ = plan.routes.get(url("z"))?.flatMap(({ authors = [] }) => authors);
  assert.deepEqual(atZ?.toSorted(), [ALICE, BOB].toSorted());
  assert.deepEqual(plan.routes.get(url("y")), [{ ids: [ID] }]);
  assert.equal(plan.routes.size, 4);
  assert.deepEqual(plan.unrouted, []);
  const given = plan.subjects.filter(({ role }) => role === "given");
  assert.deepEqual(
    given.map(({ subject, relays, reason }) => [subject, relays, reason]).sort(),
    [[ALICE, [url("z")], "hint"], [BOB, [url("z")], "hint"], [ID, [url("y")], "hint"]].sort(),
  );
  assert.ok(assignment.roles.some(({ role, first, end }) => role === "given" && end - first === 3));
});

Deno.test("NIP-19: planParts() asks a relay that came with a request before more popular ones", () => {
  const knowledge = new Map<string, RelayKnowledge>(
    PEOPLE.slice(0, 8).map((pubkey, i) => [pubkey, { write: [url("ab"[i % 2])] }]),
  );
  knowledge.set(ALICE, { write: [url("a")], given: [url("z")] });
  const parts = withGiven(
    reqParts([{ kinds: [1], authors: PEOPLE.slice(0, 8) }]),
    (key) => key === ALICE,
  );
  const { plan } = planParts(parts, knowledge, planSettings({ maxRelays: 2 }));
  assert.deepEqual(plan.routes.get(url("z")), [{ kinds: [1], authors: [ALICE] }]);
  assert.equal(plan.routes.size, 2);
});

Deno.test("NIP-19: planParts() asks the best relaysPerAuthor of many relays that came with a request", () => {
  const given = [..."edcbx"].map(url);
  const knowledge = new Map([[ALICE, { write: [url("a")], given: [...given, "junk", given[0]] }]]);
  const parts = withGiven(reqParts([{ authors: [ALICE] }]), () => true);
  const weight = (of: string) => of === url("x") ? 0 : of === url("e") ? 2 : 1;
  const { plan } = planParts(parts, knowledge, planSettings({ weight }));
  assert.deepEqual([...plan.routes.keys()].toSorted(), [..."abe"].map(url));
});

Deno.test("withGiven() adds nothing where no relay came with the request", () => {
  const parts = reqParts([{ kinds: [0], authors: [ALICE] }, { "#h": ["cats"] }]);
  assert.equal(withGiven(parts, () => false), parts);
  const [, , group, given] = withGiven(parts, () => true).scoped;
  assert.equal(group.scope.role, "group");
  assert.deepEqual([given.scope.role, given.scope.subjects], ["given", [ALICE]]);
});
