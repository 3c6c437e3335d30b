import fc from "fast-check";
import assert from "node:assert/strict";
import { isPubkey } from "../../src/nostr/pubkeys.ts";
import { eventKey } from "../../src/nostr/subject_key.ts";
import { partsFor, reqLookup, reqParts, subjectsIn } from "../../src/plan/req_parts.ts";
import { wantsOf } from "../support/expected_lookups.ts";
import { GROUPS, IDS, knownRequests } from "../support/known_requests.ts";
import { PEOPLE } from "../support/requests.ts";

const [ALICE, BOB, CAROL] = PEOPLE;

Deno.test("reqLookup() names the subjects of a request in every role, each once", () => {
  fc.assert(fc.property(knownRequests, ({ filters, options }) => {
    const lookup = reqLookup(reqParts(filters));
    const wants = wantsOf({ filters, options, knowledge: new Map() });
    const wanted = (...roles: string[]) =>
      new Set(wants.filter(({ role }) => roles.includes(role)).map(({ subject }) => subject!));
    const people = lookup.people.filter((pubkey) => pubkey !== "not-a-pubkey");
    const threads = wants.filter(({ role }) => role === "thread").map(({ subject }) => subject!);
    const addresses = threads.filter((subject) => subject.includes(":"));
    const authors = addresses.map((subject) => subject.split(":")[1]).filter(isPubkey);
    assert.deepEqual(new Set(people), new Set([...wanted("write", "read"), ...authors]));
    assert.equal(new Set(lookup.people).size, lookup.people.length);
    assert.deepEqual(new Set(lookup.dm), wanted("dm"));
    const drafts = lookup.private.filter((pubkey) => pubkey !== "not-a-pubkey");
    assert.deepEqual(new Set(drafts), wanted("private"));
    // While no host is known, groups are requested from fallback relays.
    const groups = wants.filter(({ key }) => key === "#h").map(({ subject }) => `group:${subject}`);
    const named = threads.map(eventKey).filter((key) => !key.includes("not-a-pubkey"));
    assert.deepEqual(new Set(lookup.threads ?? []), new Set(named));
    const events = [...[...wanted("id")].map((id) => `id:${id}`), ...named];
    assert.deepEqual(new Set(lookup.eventsAndGroups), new Set([...groups, ...events]));
    assert.equal(new Set(lookup.eventsAndGroups).size, lookup.eventsAndGroups.length);
  }));
});

Deno.test("reqLookup() of filters that match nothing or name nothing looks nothing up", () => {
  const nothing = { people: [], dm: [], private: [], eventsAndGroups: [] };
  assert.deepEqual(reqLookup(reqParts([{ authors: [] }, { kinds: [1] }, { ids: [] }])), nothing);
});

Deno.test("reqLookup() shares the authors of a single filter, and copies none", () => {
  const authors = [ALICE, BOB];
  assert.equal(reqLookup(reqParts([{ authors }])).people, authors);
});

Deno.test("partsFor() keeps the subjects that are meant in each role, and no unscoped filter", () => {
  const parts = reqParts([
    { kinds: [0, 31_234], authors: [ALICE, BOB] },
    { kinds: [1, 1059], "#p": [BOB, CAROL] },
    { ids: [...IDS] },
    { "#e": [...IDS] },
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
    `thread ${IDS[2]}`,
    `group ${GROUPS[2]}`,
  ]);
  const { scoped, unscoped, unrouted } = partsFor(
    parts,
    (subject, role) => meant.has(`${role} ${subject}`),
  );
  const found = scoped.flatMap(({ scope: { role, subjects } }) =>
    subjects.map((subject) => `${role} ${subject}`)
  );
  assert.deepEqual(new Set(found), meant);
  assert.deepEqual([unscoped, unrouted], [[], []]);
  for (const { scope: { subjects, order } } of scoped) {
    assert.deepEqual([...order].map((at) => subjects[at]), subjects.toSorted());
  }
});

Deno.test("subjectsIn() names the subjects of a role once, and gives the order that sorts them", () => {
  fc.assert(fc.property(knownRequests, ({ filters }) => {
    const { scoped } = reqParts(filters);
    for (const role of new Set(scoped.map(({ scope }) => scope.role))) {
      const { subjects, order } = subjectsIn(role, scoped);
      const expected = scoped.filter(({ scope }) => scope.role === role)
        .flatMap(({ scope }) => scope.subjects);
      assert.deepEqual(subjects, [...new Set(expected)]);
      assert.deepEqual([...order()].map((at) => subjects[at]), subjects.toSorted());
    }
  }));
});
