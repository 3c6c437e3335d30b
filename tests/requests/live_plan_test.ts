import fc from "fast-check";
import assert from "node:assert/strict";
import { MAX_NOTIFIED_USERS } from "../../src/plan/assignment.ts";
import { isPubkey } from "../../src/nostr/pubkeys.ts";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { FollowedPlan } from "../support/followed_plan.ts";
import { PEOPLE, REFUSED, RELAYS, type Request, requests, someOf } from "../support/requests.ts";

/** Lists that arrive, one after the other. */
type Updates = readonly (readonly [pubkey: string, news: RelayKnowledge])[];

const entries = fc.array(fc.constantFrom(...RELAYS, ...REFUSED), { maxLength: 5 });
const updates: fc.Arbitrary<Updates> = fc.array(
  fc.tuple(
    fc.constantFrom(...PEOPLE),
    fc.oneof(
      { arbitrary: fc.record({ write: entries, read: entries }), weight: 5 },
      { arbitrary: fc.record({ dm: entries }), weight: 1 },
    ),
  ),
  { maxLength: 30 },
);
const indexers = someOf(RELAYS, 2);

/** Checks something at the beginning and after each list. */
function always(law: (followed: FollowedPlan) => void, more?: PlanOptions): void {
  fc.assert(fc.property(requests, updates, indexers, (request, updates, indexerRelays) => {
    const followed = new FollowedPlan(request, { indexerRelays, ...more });
    law(followed);
    for (const [pubkey, news] of updates) {
      followed.update(pubkey, news);
      law(followed);
    }
  }));
}

Deno.test("LivePlan is what its differences add up to", () => {
  always(({ plan, sum }) => assert.deepEqual(sum, new Map(plan.asked())));
});

Deno.test("LivePlan begins as the plan that is carried out", () => {
  fc.assert(fc.property(requests, (request) => {
    const followed = new FollowedPlan(request);
    const { assignment } = followed.scratch();
    const { urls, subjects, roles, relayIndexes, relaysPerSubject } = assignment;
    for (const { role, first, end } of roles) {
      for (let row = first; row < end; row++) {
        const own = [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
          .filter((index) => index >= 0).map((index) => urls[index]);
        const found = followed.rows.get(`${role} ${subjects[row]}`)?.urls ?? [];
        assert.deepEqual(found.toSorted(), own.toSorted());
      }
    }
    followed.add();
    assert.deepEqual(followed.plan.difference(), []);
  }));
});

Deno.test("R3 bounded: LivePlan never asks more than maxRelays relays", () => {
  always(({ plan, settings }) => assert.ok(plan.asked().size <= settings.maxRelays));
});

Deno.test("R4 honest: LivePlan asks a relay for a person only if their list names it, or none is usable", () => {
  always((followed) => {
    const { fallbackRelays, indexerRelays } = followed.settings;
    for (const row of followed.rows.values()) {
      const own = followed.own(row);
      const named = row.urls.filter((url) => own.includes(url));
      if (row.role === "dm" || named.length > 0) assert.deepEqual(row.urls, named);
      else {
        const others = row.role === "index" ? indexerRelays : fallbackRelays;
        for (const url of row.urls) assert.ok(row.role === "unscoped" || others.includes(url));
      }
    }
  }, { indexerRelays: [] });
});

Deno.test("R7 clean: LivePlan asks only relays in normal form that may be asked", () => {
  always(({ plan, settings }) => {
    for (const url of plan.asked().keys()) {
      assert.equal(settings.check(url).url, url);
      assert.ok(settings.weight(url) > 0);
    }
  });
});

Deno.test("R8 redundant: LivePlan asks as many of a person's relays for them as are asked anyway", () => {
  always((followed) => {
    const { plan, settings } = followed;
    const { roles } = followed.scratch().assignment;
    const tagged = roles.find(({ role }) => role === "read") ?? { first: 0, end: 0 };
    for (const row of followed.rows.values()) {
      const open = followed.own(row).filter((url) => plan.asked().has(url));
      const named = row.urls.filter((url) => open.includes(url));
      const isFew = row.role === "read" && tagged.end - tagged.first <= MAX_NOTIFIED_USERS;
      const few = settings.relaysPerAuthor + Number(isFew);
      const most = row.role === "dm" ? Infinity : few;
      assert.equal(named.length, Math.min(most, open.length));
    }
  });
});

Deno.test("R2 complete: LivePlan leaves out no more people than planning from scratch", () => {
  always((followed) => {
    const { fallbackRelays } = followed.settings;
    if (fallbackRelays.length === 0 || followed.settings.weight(fallbackRelays[0]) === 0) return;
    const { subjects, roles, relayIndexes, relaysPerSubject } = followed.scratch().assignment;
    const [ours, theirs] = [new Set<string>(), new Set<string>()];
    for (const { role, first, end } of roles) {
      if (role !== "write" && role !== "read") continue;
      for (let row = first; row < end; row++) {
        const key = `${role} ${subjects[row]}`;
        if (!isPubkey(subjects[row])) continue;
        if (!followed.rows.has(key)) ours.add(key);
        if (relaysPerSubject === 0 || relayIndexes[row * relaysPerSubject] < 0) theirs.add(key);
      }
    }
    assert.ok(ours.size <= theirs.size, `${ours.size} > ${theirs.size}`);
  }, { indexerRelays: [] });
});

Deno.test("LivePlan covers at least nine tenths as many people as planning from scratch", () => {
  always((followed) => {
    const [ours, scratch] = [followed.covered, followed.scratchCovered];
    assert.ok(ours >= 0.9 * scratch, `${ours} < ${scratch}`);
  });
});

/** A plan for all people, without known lists. */
function followed(options: PlanOptions, more: Request["filters"] = []): FollowedPlan {
  const filters = [...more, { kinds: [1], authors: [...PEOPLE] }];
  return new FollowedPlan({ filters, lists: new Map(), options }, { indexerRelays: [] });
}

const HUB = "wss://hub.example/";
const [A, B, C] = RELAYS;

Deno.test("LivePlan leaves unscoped filters on their relays, though these lose their weight", () => {
  let weight = 1;
  const weigh = (url: string) => url === HUB ? weight : 1;
  const options = { fallbackRelays: [HUB], maxRelays: 2, weight: weigh };
  const it = followed(options, [{ "#t": ["x"] }]);
  weight = 0;
  PEOPLE.forEach((pubkey, i) => it.update(pubkey, { write: [i === 0 ? A : B] }));
  assert.ok([...it.plan.asked().get(HUB)!].some(({ role }) => role === "unscoped"));
});

Deno.test("LivePlan gives up a relay for a fallback relay where a person would have none", () => {
  const crowd = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(64, "0"));
  const lists = new Map(
    crowd.map((pubkey, i) =>
      [pubkey, { pubkey, created_at: 0, write: [i % 2 ? A : B], read: [] }] as const
    ),
  );
  const options = { fallbackRelays: [HUB], maxRelays: 2 };
  const it = new FollowedPlan({ filters: [{ authors: crowd }], lists, options });
  assert.deepEqual([...it.plan.asked().keys()].sort(), [A, B].sort());
  it.update(crowd[0], { write: [C] });
  assert.ok(it.rows.has(`write ${crowd[0]}`));
});

Deno.test("LivePlan gives up second relays of people for first relays of others", () => {
  const it = followed({ fallbackRelays: [HUB], maxRelays: 3 });
  it.update(PEOPLE[0], { write: [A, B] });
  it.update(PEOPLE[1], { write: [B, A] });
  assert.deepEqual([...it.plan.asked().keys()].sort(), [A, B, HUB].sort());
  it.update(PEOPLE[2], { write: [C] });
  assert.equal(it.covered, 3);
});

Deno.test("LivePlan gives up a relay where another plan leaves fewer people without any", () => {
  const some = PEOPLE.slice(0, 9);
  const lists = new Map(
    some.slice(0, 5).map((pubkey) =>
      [pubkey, { pubkey, created_at: 0, write: [A], read: [] }] as const
    ),
  );
  const options = { fallbackRelays: [HUB], maxRelays: 1 };
  const it = new FollowedPlan({ filters: [{ authors: some }], lists, options });
  assert.deepEqual([...it.plan.asked().keys()], [A]);
  it.update(some[0], { write: [B] });
  it.update(some[1], { write: [C] });
  assert.equal(it.rows.size, some.length, `${[...it.plan.asked().keys()]}`);
});

Deno.test("LivePlan moves people to relays that weigh far more, by what relays weigh by then", () => {
  const weights = new Map([[A, 1], [B, 3]]);
  const options = { maxRelays: 1, relaysPerAuthor: 1, weight: (url: string) => weights.get(url)! };
  const it = followed(options);
  const where = () => it.rows.get(`write ${PEOPLE[0]}`)!.urls;
  it.update(PEOPLE[0], { write: [A] });
  it.update(PEOPLE[0], { write: [A, B] });
  assert.deepEqual(where(), [B]);
  weights.set(A, 9);
  it.update(PEOPLE[1], { write: [A, B] });
  assert.deepEqual(where(), [A]);
});

Deno.test("LivePlan of few people covers as many as planning from scratch, also after a list that had room", () => {
  const others = PEOPLE.slice(0, 6);
  const lists = new Map([[others[0], { pubkey: others[0], created_at: 0, write: [A], read: [] }]]);
  const options = { fallbackRelays: [HUB, B, C], maxRelays: 3, relaysPerAuthor: 3 };
  const it = new FollowedPlan({ filters: [{ authors: others }], lists, options });
  it.update(others[1], { write: [C] });
  assert.equal(it.covered, it.scratchCovered);
});

Deno.test("LivePlan plans nothing anew for lists that are no news", () => {
  let weighed = 0;
  const it = followed({ fallbackRelays: [HUB], weight: () => ++weighed && 1 });
  it.update(PEOPLE[0], { write: [A] });
  weighed = 0;
  it.update(PEOPLE[0], { write: [A] });
  it.update("ee".repeat(32), { write: [B] });
  assert.equal(weighed, 0);
});

Deno.test("LivePlan asks relays that it asks already rather than others", () => {
  const lists = new Map(
    [[A, B], [A, C]].map((write, i) =>
      [PEOPLE[i], { pubkey: PEOPLE[i], created_at: 0, write, read: [] }] as const
    ),
  );
  const options = { maxRelays: 2, relaysPerAuthor: 1, fallbackRelays: [] };
  const filters = [{ authors: PEOPLE.slice(0, 3) }];
  const it = new FollowedPlan({ filters, lists, options });
  assert.deepEqual([...it.plan.asked().keys()], [A]);
  it.update(PEOPLE[1], { write: [B, A] });
  assert.deepEqual(it.plan.difference(), []);
  it.update(PEOPLE[2], { write: [C, B, A] });
  assert.deepEqual([...it.plan.asked().keys()], [A]);
});

Deno.test("LivePlan asks a person on one URL of each host", () => {
  const it = followed({ fallbackRelays: [HUB], maxRelays: 4 });
  const long = `${A}long`;
  for (const write of [[long], [long, A], [A, B], [long, A, B]]) {
    it.update(PEOPLE[0], { write });
    const { urls } = it.rows.get(`write ${PEOPLE[0]}`)!;
    assert.ok(!(urls.includes(long) && urls.includes(A)), `${urls}`);
  }
});
