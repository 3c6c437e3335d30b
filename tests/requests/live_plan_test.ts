import fc from "fast-check";
import assert from "node:assert/strict";
import { isPubkey } from "../../src/nostr/pubkeys.ts";
import type { RelayKnowledge } from "../../src/nostr/types.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "../../src/plan/plan_options.ts";
import { planParts } from "../../src/plan/plan_req.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { LivePlan } from "../../src/requests/live_plan.ts";
import type { LiveRow } from "../../src/requests/live_relays.ts";
import { createRandom, shuffled } from "../../testing/random.ts";
import { zipfLists } from "../../testing/world/world.ts";
import { PEOPLE, REFUSED, RELAYS, type Request, requests, someOf } from "../support/requests.ts";

/** Lists that arrive, one after the other. */
type Updates = readonly (readonly [pubkey: string, known: RelayKnowledge])[];

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

/** A plan of a request, and what its differences add up to. */
class Followed {
  readonly settings: PlanSettings;
  readonly known: Map<string, RelayKnowledge>;
  readonly plan: LivePlan;
  readonly sum = new Map<string, Set<LiveRow>>();
  readonly #parts;

  constructor({ filters, lists, options }: Request, more: PlanOptions = {}) {
    this.settings = planSettings({ ...options, ...more });
    this.known = new Map(lists);
    this.#parts = reqParts(filters);
    const input = { parts: this.#parts, known: lists, settings: this.settings };
    this.plan = new LivePlan(input, this.scratch());
    for (const [url, rows] of this.plan.asked()) this.sum.set(url, new Set(rows));
  }

  /** The plan made from scratch. */
  scratch() {
    return planParts(this.#parts, this.known, this.settings);
  }

  update(pubkey: string, known: RelayKnowledge): void {
    this.known.set(pubkey, { ...this.known.get(pubkey), ...known });
    this.plan.update(pubkey, known);
    this.add();
  }

  add(): void {
    for (const { url, gained, lost } of this.plan.difference()) {
      const rows = this.sum.get(url) ?? new Set();
      this.sum.set(url, rows);
      for (const row of lost) assert.ok(rows.delete(row), "what is lost was there");
      for (const row of gained) {
        assert.ok(!rows.has(row) && rows.add(row), "what is gained was not");
      }
      if (rows.size === 0) this.sum.delete(url);
    }
  }

  /** Where each row is asked for. */
  get rows(): Map<string, LiveRow & { readonly urls: string[] }> {
    const rows = new Map<string, LiveRow & { urls: string[] }>();
    for (const [url, asked] of this.plan.asked()) {
      for (const { role, subject } of asked) {
        const name = `${role} ${subject}`;
        const row = rows.get(name) ?? { role, subject, urls: [] };
        rows.set(name, row);
        row.urls.push(url);
      }
    }
    return rows;
  }

  /** The usable relays of somebody's own list. */
  own({ role, subject }: LiveRow): string[] {
    const { check, weight } = this.settings;
    const list = role === "write" || role === "read" || role === "dm"
      ? this.known.get(subject)?.[role] ?? []
      : [];
    const urls = list.map((url) => check(url).url).filter((url) => url !== undefined);
    return [...new Set(urls)].filter((url) => weight(url) > 0);
  }

  /** How many people are asked for on relays of their own, by the plan from scratch. */
  get scratchCovered(): number {
    const { urls, subjects, roles, relayIndexes, relaysPerSubject } = this.scratch().assignment;
    let covered = 0;
    for (const { role, first, end } of roles) {
      for (let row = first; row < end; row++) {
        const own = this.own({ role, subject: subjects[row] });
        const seats = [
          ...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject),
        ];
        if (seats.some((place) => place >= 0 && own.includes(urls[place]))) covered++;
      }
    }
    return covered;
  }

  get covered(): number {
    return [...this.rows.values()].filter((row) =>
      row.urls.some((url) => this.own(row).includes(url))
    )
      .length;
  }
}

/** Checks something at the beginning and after each list. */
function always(law: (followed: Followed) => void, more?: PlanOptions): void {
  fc.assert(fc.property(requests, updates, indexers, (request, updates, indexerRelays) => {
    const followed = new Followed(request, { indexerRelays, ...more });
    law(followed);
    for (const [pubkey, known] of updates) {
      followed.update(pubkey, known);
      law(followed);
    }
  }));
}

Deno.test("LivePlan is what its differences add up to", () => {
  always(({ plan, sum }) => assert.deepEqual(sum, new Map(plan.asked())));
});

Deno.test("LivePlan begins as the plan that is carried out", () => {
  fc.assert(fc.property(requests, (request) => {
    const followed = new Followed(request);
    const { assignment } = followed.scratch();
    const { urls, subjects, roles, relayIndexes, relaysPerSubject } = assignment;
    for (const { role, first, end } of roles) {
      for (let row = first; row < end; row++) {
        const own = [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
          .filter((place) => place >= 0).map((place) => urls[place]);
        const found = followed.rows.get(`${role} ${subjects[row]}`)?.urls ?? [];
        assert.deepEqual(found.toSorted(), own.toSorted());
      }
    }
    followed.add();
    assert.deepEqual(followed.plan.difference(), []);
  }));
});

Deno.test("R3: LivePlan never asks more than maxRelays relays", () => {
  always(({ plan, settings }) => assert.ok(plan.asked().size <= settings.maxRelays));
});

Deno.test("R4: LivePlan asks a relay for somebody only if their list names it, or for want of one", () => {
  always((followed) => {
    const { fallbackRelays, indexerRelays } = followed.settings;
    for (const row of followed.rows.values()) {
      const own = followed.own(row);
      const named = row.urls.filter((url) => own.includes(url));
      if (row.role === "dm" || named.length > 0) assert.deepEqual(row.urls, named);
      else {
        const others = row.role === "index" ? indexerRelays : fallbackRelays;
        for (const url of row.urls) assert.ok(row.role === "open" || others.includes(url));
      }
    }
  }, { indexerRelays: [] });
});

Deno.test("R7: LivePlan asks only relays in normal form that may be asked", () => {
  always(({ plan, settings }) => {
    for (const url of plan.asked().keys()) {
      assert.equal(settings.check(url).url, url);
      assert.ok(settings.weight(url) > 0);
    }
  });
});

Deno.test("R8: LivePlan asks for somebody on as many of their relays as are asked anyway", () => {
  always((followed) => {
    const { plan, settings } = followed;
    for (const row of followed.rows.values()) {
      const open = followed.own(row).filter((url) => plan.asked().has(url));
      const named = row.urls.filter((url) => open.includes(url));
      assert.equal(named.length, Math.min(settings.relaysPerAuthor, open.length));
    }
  });
});

Deno.test("R2: LivePlan leaves out nobody for whom planning from scratch has a relay", () => {
  always((followed) => {
    const { fallbackRelays } = followed.settings;
    if (fallbackRelays.length === 0 || followed.settings.weight(fallbackRelays[0]) === 0) return;
    const { subjects, roles, relayIndexes, relaysPerSubject } = followed.scratch().assignment;
    const [ours, theirs] = [new Set<string>(), new Set<string>()];
    for (const { role, first, end } of roles) {
      if (role !== "write" && role !== "read") continue;
      for (let row = first; row < end; row++) {
        const name = `${role} ${subjects[row]}`;
        if (!isPubkey(subjects[row])) continue;
        if (!followed.rows.has(name)) ours.add(name);
        if (relaysPerSubject === 0 || relayIndexes[row * relaysPerSubject] < 0) theirs.add(name);
      }
    }
    assert.ok(ours.size <= theirs.size, `${ours.size} > ${theirs.size}`);
  }, { indexerRelays: [] });
});

Deno.test("LivePlan covers at least nine in ten of those whom planning from scratch covers", () => {
  always((followed) => {
    const [ours, scratch] = [followed.covered, followed.scratchCovered];
    assert.ok(ours >= 0.9 * scratch, `${ours} < ${scratch}`);
  });
});

/** A plan for all people, of whom nothing is known. */
function followed(options: PlanOptions, more: Request["filters"] = []): Followed {
  const filters = [...more, { kinds: [1], authors: [...PEOPLE] }];
  return new Followed({ filters, lists: new Map(), options }, { indexerRelays: [] });
}

const HUB = "wss://hub.example/";
const [A, B, C] = RELAYS;

Deno.test("LivePlan goes on asking for what names nobody, though the fallback relays lose their weight", () => {
  let weight = 1;
  const weigh = (url: string) => url === HUB ? weight : 1;
  const options = { fallbackRelays: [HUB], maxRelays: 2, weight: weigh };
  const it = followed(options, [{ "#t": ["x"] }]);
  weight = 0;
  PEOPLE.forEach((pubkey, i) => it.update(pubkey, { write: [i === 0 ? A : B] }));
  assert.ok([...it.plan.asked().get(HUB)!].some(({ role }) => role === "open"));
});

Deno.test("LivePlan gives up a relay for a fallback relay where somebody would be asked for nowhere", () => {
  const crowd = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(64, "0"));
  const lists = new Map(
    crowd.map((pubkey, i) =>
      [pubkey, { pubkey, created_at: 0, write: [i % 2 ? A : B], read: [] }] as const
    ),
  );
  const options = { fallbackRelays: [HUB], maxRelays: 2 };
  const it = new Followed({ filters: [{ authors: crowd }], lists, options });
  assert.deepEqual([...it.plan.asked().keys()].sort(), [A, B].sort());
  it.update(crowd[0], { write: [C] });
  assert.ok(it.rows.has(`write ${crowd[0]}`));
});

Deno.test("LivePlan gives up second relays of people for first ones of others", () => {
  const it = followed({ fallbackRelays: [HUB], maxRelays: 3 });
  it.update(PEOPLE[0], { write: [A, B] });
  it.update(PEOPLE[1], { write: [B, A] });
  assert.deepEqual([...it.plan.asked().keys()].sort(), [A, B, HUB].sort());
  it.update(PEOPLE[2], { write: [C] });
  assert.equal(it.covered, 3);
});

Deno.test("LivePlan moves people to relays that are worth more, by what relays weigh by then", () => {
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

Deno.test("LivePlan of few people is planned anew for each list, also for one that had room", () => {
  const others = PEOPLE.slice(0, 6);
  const lists = new Map([[others[0], { pubkey: others[0], created_at: 0, write: [A], read: [] }]]);
  const options = { fallbackRelays: [HUB, B, C], maxRelays: 3, relaysPerAuthor: 3 };
  const it = new Followed({ filters: [{ authors: others }], lists, options });
  it.update(others[1], { write: [C] });
  assert.equal(it.covered, it.scratchCovered);
});

Deno.test("LivePlan plans nothing anew for what is no news", () => {
  let weighed = 0;
  const it = followed({ fallbackRelays: [HUB], weight: () => ++weighed && 1 });
  it.update(PEOPLE[0], { write: [A] });
  weighed = 0;
  it.update(PEOPLE[0], { write: [A] });
  it.update("ee".repeat(32), { write: [B] });
  assert.equal(weighed, 0);
});

Deno.test("LivePlan covers as many in a crowd, costs little a list, and moves few", () => {
  const seed = fc.integer({ min: 1, max: 1_000 });
  fc.assert(
    fc.property(seed, fc.integer({ min: 3, max: 20 }), (seed, maxRelays) => {
      const lists = zipfLists({ authors: 300, relays: 80, min: 1, max: 4, seed });
      let weighed = 0;
      const options = {
        maxRelays,
        fallbackRelays: ["wss://hub.example"],
        weight: () => ++weighed && 1,
      };
      const filters = [{ kinds: [1], authors: [...lists.keys()] }];
      const followed = new Followed({ filters, lists: new Map(), options }, { indexerRelays: [] });
      const crowd = [...shuffled(createRandom(seed), lists.values())];
      let cost = 0, moved = 0;
      for (const [i, { pubkey, write }] of crowd.entries()) {
        weighed = 0;
        const before = new Set(followed.plan.asked().keys());
        followed.update(pubkey, { write });
        cost += weighed;
        const after = new Set(followed.plan.asked().keys());
        moved += before.symmetricDifference(after).size;
        if (i % 10 > 0) continue;
        const [ours, scratch] = [followed.covered, followed.scratchCovered];
        assert.ok(ours >= 0.9 * scratch, `${i}: ${ours} < ${scratch}`);
      }
      const twice = (urls: string[], key: string) =>
        urls.filter((url) => lists.get(key)!.write.includes(url)).length > 1;
      const ours = [...followed.rows.values()].filter(({ urls, subject }) =>
        twice(urls, subject)
      ).length;
      const scratch = followed.scratch().plan.subjects
        .filter(({ relays, subject }) => twice([...relays], subject)).length;
      assert.ok(ours >= 0.8 * scratch, `${ours} < ${scratch}`);
      // Planning anew weighs the relays that are known: 80 for each of 300 lists otherwise.
      assert.ok(cost < 300 * 80 / 2, `${cost}`);
      assert.ok(moved < 10 * maxRelays, `${moved}`);
    }),
    { numRuns: 20 },
  );
});
