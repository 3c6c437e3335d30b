import fc from "fast-check";
import assert from "node:assert/strict";
import { partsFor, reqLookup, reqParts, subjectsIn } from "../../src/plan/req_parts.ts";
import { wantsOf } from "../support/expected_lookups.ts";
import { GROUPS, IDS, knownRequests } from "../support/known_requests.ts";
import { PEOPLE } from "../support/requests.ts";

const [ALICE, BOB, CAROL] = PEOPLE;

Deno.test("reqLookup() wants to know whom and what the lanes of a request are about, each once", () => {
  fc.assert(fc.property(knownRequests, ({ filters, options }) => {
    const wishes = reqLookup(reqParts(filters));
    const wants = wantsOf({ filters, options, known: new Map() });
    const named = (...lanes: string[]) =>
      new Set(wants.filter(({ lane }) => lanes.includes(lane)).map(({ name }) => name!));
    const people = wishes.people.filter((name) => name !== "not-a-pubkey");
    assert.deepEqual(new Set(people), named("write", "read"));
    assert.equal(new Set(wishes.people).size, wishes.people.length);
    assert.deepEqual(new Set(wishes.dm), named("dm"));
    const drafts = wishes.private.filter((name) => name !== "not-a-pubkey");
    assert.deepEqual(new Set(drafts), named("private"));
    // While nothing is known, groups are looked for everywhere.
    const groups = wants.filter(({ key }) => key === "#h").map(({ name }) => `group:${name}`);
    const events = [...named("id")].map((id) => `id:${id}`);
    assert.deepEqual(new Set(wishes.eventsAndGroups), new Set([...groups, ...events]));
    assert.equal(new Set(wishes.eventsAndGroups).size, wishes.eventsAndGroups.length);
  }));
});

Deno.test("reqLookup() of nothing that can match wants nothing", () => {
  const nothing = { people: [], dm: [], private: [], eventsAndGroups: [] };
  assert.deepEqual(reqLookup(reqParts([{ authors: [] }, { kinds: [1] }, { ids: [] }])), nothing);
});

Deno.test("reqLookup() shares the names of a single filter, and copies none", () => {
  const authors = [ALICE, BOB];
  assert.equal(reqLookup(reqParts([{ authors }])).people, authors);
});

Deno.test("partsFor() keeps what is meant on each lane, and no filter for everybody", () => {
  const parts = reqParts([
    { kinds: [0, 31_234], authors: [ALICE, BOB] },
    { kinds: [1, 1059], "#p": [BOB, CAROL] },
    { ids: [...IDS] },
    { "#h": [...GROUPS] },
    { kinds: [7] },
  ]);
  const meant = new Set([
    `write ${BOB}`,
    `index ${ALICE}`,
    `private ${BOB}`,
    `read ${CAROL}`,
    `dm ${BOB}`,
    `id ${IDS[1]}`,
    `group ${GROUPS[2]}`,
  ]);
  const { scoped, unscoped, unrouted } = partsFor(
    parts,
    (name, lane) => meant.has(`${lane} ${name}`),
  );
  const found = scoped.flatMap(({ scope: { role, subjects } }) =>
    subjects.map((name) => `${role} ${name}`)
  );
  assert.deepEqual(new Set(found), meant);
  assert.deepEqual([unscoped, unrouted], [[], []]);
  for (const { scope: { subjects, order } } of scoped) {
    assert.deepEqual([...order].map((at) => subjects[at]), subjects.toSorted());
  }
});

Deno.test("subjectsIn() names everyone on a lane once, and says how to sort them", () => {
  fc.assert(fc.property(knownRequests, ({ filters }) => {
    const { scoped } = reqParts(filters);
    for (const lane of new Set(scoped.map(({ scope }) => scope.role))) {
      const { names, order } = subjectsIn(lane, scoped);
      const expected = scoped.filter(({ scope }) => scope.role === lane)
        .flatMap(({ scope }) => scope.subjects);
      assert.deepEqual(names, [...new Set(expected)]);
      assert.deepEqual([...order()].map((at) => names[at]), names.toSorted());
    }
  }));
});
