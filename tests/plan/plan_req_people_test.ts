import fc from "fast-check";
import assert from "node:assert/strict";
import { planReq } from "../../src/plan/plan_req.ts";
import type { PersonRoute } from "../../src/plan/route_report.ts";
import { about, asked } from "../support/plans.ts";
import { PEOPLE, REFUSED, RELAYS, type Request, requests } from "../support/requests.ts";

const plan = ({ filters, lists, options }: Request) => planReq(filters, lists, options);

/** Which of a person's relays could be asked at all. */
function usable({ lists, options }: Request, pubkey: string, lane: PersonRoute["role"]): string[] {
  return (lists.get(pubkey)?.[lane as "write"] ?? [])
    .filter((url) => !REFUSED.includes(url) && options.weight!(url) > 0);
}

Deno.test("planReq() asks for nobody twice in one filter, and for nobody who is no pubkey", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const filter of [...made.routes.values()].flat()) {
      const people = about(filter)?.people ?? [];
      assert.equal(new Set(people).size, people.length);
      assert.ok(!people.includes("not-a-pubkey"));
    }
    for (const { pubkey, reason } of made.unrouted) {
      if (pubkey === "not-a-pubkey" && reason !== "matches-nothing" && reason !== "no-dm-list") {
        assert.equal(reason, "invalid-pubkey");
      }
    }
  }));
});

Deno.test("planReq() sends no filter that can match nothing", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const filter of [...plan(request).routes.values()].flat()) {
      for (const value of Object.values(filter)) {
        assert.ok(!Array.isArray(value) || value.length > 0);
      }
    }
  }));
});

Deno.test("planReq() sends filters that name nobody to the fallback relays alone, and to all there is room for", () => {
  fc.assert(fc.property(requests, (request) => {
    const { routes, people } = plan(request);
    const holders = [...routes]
      .filter(([, filters]) => filters.some((filter) => !about(filter)))
      .map(([url]) => url);
    const fallbacks = request.options.fallbackRelays!
      .filter((url) => request.options.weight!(url) > 0);
    const { maxRelays } = request.options;
    const hasOthers = people.some(({ role, reason }) =>
      role !== "dm" && reason !== "invalid-pubkey"
    );
    const room = hasOthers ? Math.ceil(maxRelays! / 2) : maxRelays!;
    const open = request.filters.some((filter) =>
      !about(filter) && Object.values(filter).every((value) =>
        !Array.isArray(value) || value.length
      ) &&
      !(filter["#p"] && filter.kinds?.every((kind) => kind === 1059))
    );
    assert.deepEqual(holders.sort(), open ? fallbacks.slice(0, room).sort() : []);
  }));
});

Deno.test("planReq() asks for someone without a usable relay of theirs on fallback relays, and says so", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const person of plan(request).people) {
      const own = usable(request, person.pubkey, person.role);
      if (person.pubkey === "not-a-pubkey") assert.equal(person.reason, "invalid-pubkey");
      else if (person.role === "dm") assert.equal(person.reason, "no-dm-list");
      else assert.equal(person.reason === "no-list", own.length === 0);
    }
  }));
});

Deno.test("planReq() asks for whoever the cap leaves out on a fallback relay", () => {
  fc.assert(fc.property(requests, (request) => {
    const { fallbackRelays, maxRelays, weight } = request.options;
    fc.pre(maxRelays! > 1 && fallbackRelays!.some((url) => weight!(url) > 0));
    assert.ok(plan(request).unrouted.every(({ reason }) => reason !== "cap"));
  }));
});

Deno.test("planReq() makes room for fallbacks by dropping the relays chosen last, no fallback among them", () => {
  const relays = [..."abcdefghij"].map((name) => `wss://${name}.example/`);
  const people = PEOPLE.slice(0, relays.length);
  const lists = new Map(people.map((pubkey, i) => {
    return [pubkey, { pubkey, created_at: 0, write: [relays[i]], read: [] }];
  }));
  // Of ten relays that carry one person each, the first eight are chosen; h is a fallback, too.
  const options = { maxRelays: 8, fallbackRelays: ["wss://h.example", "wss://z.example"] };
  const plan = planReq([{ authors: people }], lists, options);

  const expected = [..."abcdefhz"].map((name) => `wss://${name}.example/`);
  assert.deepEqual([...plan.routes.keys()].sort(), expected);
  const leftOut = plan.people.filter(({ reason }) => reason === "cap");
  assert.deepEqual(leftOut.map(({ pubkey }) => people.indexOf(pubkey)), [6, 8, 9]);
  for (const { relays } of leftOut) assert.deepEqual(relays, expected.slice(-2));
});

Deno.test("planReq() keeps the best of people's own relays where there is room for one relay alone", () => {
  const lists = new Map(
    PEOPLE.slice(0, 3).map((pubkey, i) => {
      const write = [i < 2 ? RELAYS[1] : RELAYS[2]];
      return [pubkey, { pubkey, created_at: 0, write, read: [] }];
    }),
  );
  const options = { maxRelays: 1, fallbackRelays: [RELAYS[0]] };
  const { routes, unrouted } = planReq([{ authors: PEOPLE.slice(0, 3) }], lists, options);
  assert.deepEqual([...routes.keys()], [RELAYS[1]]);
  assert.deepEqual(unrouted, [{ reason: "cap", pubkey: PEOPLE[2], filter: 0 }]);
});

Deno.test("planReq() asks for people on the heaviest of their chosen relays", () => {
  fc.assert(fc.property(requests, (request) => {
    const options = { ...request.options, maxFiltersPerRelay: 100 };
    for (const person of planReq(request.filters, request.lists, options).people) {
      if (person.reason !== "list") continue;
      const least = Math.min(...person.relays.map(options.weight!));
      for (const { url, reason } of person.skipped) {
        if (reason === "enough") assert.ok(options.weight!(url) <= least);
      }
    }
  }));
});

Deno.test("planReq() deals tagged users, too, with an eye on how full a relay gets", () => {
  const [author, ...users] = [0, 1, 2, 4, 3].map((i) => PEOPLE[i]);
  // Of two that carry as many, the smaller URL is chosen first.
  const [home, there, here] = RELAYS;
  const reads = [[here], [there], [here, there], [here, there]];
  const lists = new Map(users.map((pubkey, i) => {
    return [pubkey, { pubkey, created_at: 0, write: [] as string[], read: reads[i] }];
  }));
  lists.set(author, { pubkey: author, created_at: 0, write: [home], read: [] });
  // Two people are all that a relay of one filter for one has room for.
  const options = { relaysPerAuthor: 1, authorsPerFilter: 1, maxFiltersPerRelay: 1 };
  const { people } = planReq([{ authors: [author] }, { "#p": users }], lists, options);
  // Of those who have a choice, the smaller pubkey gets the last place of the first.
  assert.ok(users[2] < users[3]);
  assert.deepEqual(people.flatMap(({ relays }) => relays), [home, here, there, here, there]);
});

Deno.test("planReq() chooses a relay of the least weight before leaving its author out", () => {
  const [alice, bob] = PEOPLE;
  const list = (pubkey: string, url: string) => ({ pubkey, created_at: 0, write: [url], read: [] });
  const lists = new Map([[alice, list(alice, RELAYS[0])], [bob, list(bob, RELAYS[1])]]);
  const weight = (url: string) => url === RELAYS[0] ? 1 : 1e-9;
  const { unrouted } = planReq([{ authors: [alice, bob] }], lists, { weight });
  assert.deepEqual(unrouted, []);
});

Deno.test("a plan says of each relay of a list that is not asked why it is not", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const person of made.people) {
      const on = asked(made).filter(({ pubkey }) => pubkey === person.pubkey);
      for (const { url, reason } of person.skipped) {
        if (reason === "cap") assert.ok(!made.routes.has(url));
        else if (reason === "weight") assert.equal(request.options.weight!(url), 0);
        else if (reason !== "enough") assert.ok(REFUSED.includes(url), `${url}: ${reason}`);
        assert.ok(!person.relays.includes(url) && on.length >= person.relays.length);
      }
      if (person.role === "dm") continue;
      const junk = request.lists.get(person.pubkey)?.refused ?? [];
      for (const refused of junk) assert.ok(person.skipped.includes(refused));
    }
  }));
});
