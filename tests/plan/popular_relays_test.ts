import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import type { PlanOptions } from "../../src/plan/plan_options.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { createRandom, hex64, shuffled } from "../../testing/random.ts";
import { zipfLists } from "../../testing/world/world.ts";

const HUB = "wss://hub.example/", HINTED_RELAY = "wss://hinted.example/";

/** A crowd, of whom some have no list, and some of these a hint. */
interface Crowd {
  readonly authors: readonly string[];
  readonly listless: ReadonlySet<string>;
  readonly known: ReadonlyMap<string, Partial<RelayList>>;
  readonly options: PlanOptions;
}

const crowds: fc.Arbitrary<Crowd> = fc.record({
  seed: fc.nat(1_000_000),
  listed: fc.integer({ min: 0, max: 150 }),
  unlisted: fc.integer({ min: 0, max: 30 }),
  options: fc.record({
    fallbackRelays: fc.constantFrom([], [HUB], [HUB, "wss://other.example/"]),
    maxRelays: fc.integer({ min: 1, max: 20 }),
    relaysPerAuthor: fc.integer({ min: 1, max: 3 }),
    popularRelays: fc.integer({ min: 0, max: 8 }),
  }),
}).map(({ seed, listed, unlisted, options }) => {
  // Else the others would be the same people.
  const random = createRandom(seed + 1_000_001);
  const lists = zipfLists({ authors: listed, relays: 40, min: 1, max: 6, seed });
  const others = Array.from({ length: unlisted }, () => hex64(random));
  const hints = others.slice(0, unlisted >> 2).map((pubkey) =>
    [pubkey, { hints: [{ url: HINTED_RELAY, weight: 0.2, source: "tag" as const }] }] as const
  );
  const authors = shuffled(random, [...lists.keys(), ...others]);
  return {
    authors,
    listless: new Set(others),
    known: new Map<string, Partial<RelayList>>([...lists, ...hints]),
    options,
  };
});

/** How many of the authors' lists name each relay. */
function usesOf({ authors, known }: Crowd): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const url of authors.flatMap((author) => [...new Set(known.get(author)?.write)])) {
    uses.set(url, (uses.get(url) ?? 0) + 1);
  }
  return uses;
}

const plan = ({ authors, known, options }: Crowd, more: PlanOptions = {}) =>
  planReq([{ kinds: [1], authors: [...authors] }], known, { ...options, ...more });

Deno.test("R4 honest: planReq() asks for an author without a list fallback relays, hinted ones, and relays that a tenth of the lists name", () => {
  fc.assert(fc.property(crowds, (crowd) => {
    const { fallbackRelays, popularRelays, relaysPerAuthor } = crowd.options;
    const uses = usesOf(crowd);
    const least = Math.max(10, (crowd.authors.length - crowd.listless.size) / 10);
    for (const { subject, relays } of plan(crowd).subjects) {
      if (!crowd.listless.has(subject)) continue;
      const others = relays.filter((url) => !fallbackRelays!.includes(url) && url !== HINTED_RELAY);
      assert.ok(others.length <= popularRelays!, `${others}`);
      assert.ok(relays.length - others.length <= relaysPerAuthor!);
      for (const url of others) assert.ok(uses.get(url)! >= least, `${url}: ${uses.get(url)}`);
    }
  }));
});

Deno.test("planReq() asks the most used of the chosen relays for authors without a list, and each of these authors alike", () => {
  fc.assert(fc.property(crowds, (crowd) => {
    const { routes, subjects } = plan(crowd);
    const uses = usesOf(crowd);
    const least = Math.max(10, (crowd.authors.length - crowd.listless.size) / 10);
    const best = [...routes.keys()].filter((url) => (uses.get(url) ?? 0) >= least)
      .sort((a, b) => uses.get(b)! - uses.get(a)! || (a < b ? -1 : 1))
      .slice(0, crowd.options.popularRelays);
    for (const { subject, relays } of subjects) {
      if (!crowd.listless.has(subject) || relays.length === 0) continue;
      assert.deepEqual(relays.filter((url) => uses.has(url)), best);
    }
  }));
});

Deno.test("planReq() opens no relay for the sake of popularRelays, and asks nobody with a list elsewhere", () => {
  fc.assert(fc.property(crowds, (crowd) => {
    const [made, without] = [plan(crowd), plan(crowd, { popularRelays: 0 })];
    assert.deepEqual(new Set(made.routes.keys()), new Set(without.routes.keys()));
    assert.deepEqual(made.unrouted, without.unrouted);
    made.subjects.forEach((route, i) => {
      const before = without.subjects[i];
      if (!crowd.listless.has(route.subject)) return assert.deepEqual(route, before);
      assert.deepEqual(route.relays.slice(0, before.relays.length), before.relays);
      assert.equal(route.reason, before.reason);
    });
  }));
});

Deno.test("planReq() weighs popular relays: one that may be dead comes after others that are used less", () => {
  const [doubtful, sound] = ["wss://doubtful.example/", "wss://sound.example/"];
  const crowd = Array.from({ length: 50 }, (_, i) => `${i}`.padStart(64, "0"));
  // Each is the only relay of some, so that both are asked.
  const known = new Map(crowd.map((author, i) => [author, { write: [i < 30 ? doubtful : sound] }]));
  const stranger = "ab".repeat(32);
  const relaysOf = (weight: (url: string) => number) => {
    const options = { fallbackRelays: [HUB], popularRelays: 1, weight };
    const { routes, subjects } = planReq([{ authors: [...crowd, stranger] }], known, options);
    assert.equal(routes.size, 3);
    return subjects.find(({ subject }) => subject === stranger)!.relays;
  };
  assert.deepEqual(relaysOf(() => 1), [HUB, doubtful]);
  assert.deepEqual(relaysOf((url) => url === doubtful ? 0.4 : 1), [HUB, sound]);
});
