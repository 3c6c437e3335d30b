import fc from "fast-check";
import assert from "node:assert/strict";
import type { Role } from "../../src/nostr/relay_knowledge.ts";
import { planReq } from "../../src/plan/plan_req.ts";
import { peopleIn, requested } from "../support/plans.ts";
import { PEOPLE, REFUSED, RELAYS, type Request, requests } from "../support/requests.ts";

const plan = ({ filters, lists, options }: Request) => planReq(filters, lists, options);

/** The relays of a person that may be asked. */
function usable({ lists, options }: Request, pubkey: string, role: Role): string[] {
  return (lists.get(pubkey)?.[role as "write"] ?? [])
    .filter((url) => !REFUSED.includes(url) && options.weight!(url) > 0);
}

Deno.test("planReq() names each pubkey once in a filter, and nothing that is no pubkey", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const filter of [...made.routes.values()].flat()) {
      const people = peopleIn(filter)?.people ?? [];
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

Deno.test("planReq() sends filters that name no people to the fallback relays alone, as many as fit", () => {
  fc.assert(fc.property(requests, (request) => {
    const { routes, subjects } = plan(request);
    const holders = [...routes]
      .filter(([, filters]) => filters.some((filter) => !peopleIn(filter)))
      .map(([url]) => url);
    const fallbacks = request.options.fallbackRelays!
      .filter((url) => request.options.weight!(url) > 0);
    const { maxRelays } = request.options;
    const hasOthers = subjects.some(({ role, reason }) =>
      role !== "dm" && reason !== "invalid-pubkey"
    );
    const maxFirst = hasOthers ? Math.ceil(maxRelays! / 2) : maxRelays!;
    const isUnscoped = request.filters.some((filter) =>
      !peopleIn(filter) && Object.values(filter).every((value) =>
        !Array.isArray(value) || value.length
      ) &&
      !(filter["#p"] && filter.kinds?.every((kind) => kind === 1059))
    );
    assert.deepEqual(holders.sort(), isUnscoped ? fallbacks.slice(0, maxFirst).sort() : []);
  }));
});

Deno.test("planReq() requests people without a usable relay from fallback relays, and says so", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const { subject, role, reason } of plan(request).subjects) {
      const own = usable(request, subject, role);
      if (subject === "not-a-pubkey") assert.equal(reason, "invalid-pubkey");
      else if (role === "dm") assert.equal(reason, "no-dm-list");
      else assert.equal(reason === "no-list", own.length === 0);
    }
  }));
});

Deno.test("planReq() requests people whom the cap leaves out from a fallback relay", () => {
  fc.assert(fc.property(requests, (request) => {
    const { fallbackRelays, maxRelays, weight } = request.options;
    fc.pre(maxRelays! > 1 && fallbackRelays!.some((url) => weight!(url) > 0));
    assert.ok(plan(request).unrouted.every(({ reason }) => reason !== "cap"));
  }));
});

Deno.test("planReq() makes room for fallbacks by dropping the relays chosen last, but no fallback", () => {
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
  const leftOut = plan.subjects.filter(({ reason }) => reason === "cap");
  assert.deepEqual(leftOut.map(({ subject }) => people.indexOf(subject)), [6, 8, 9]);
  for (const { relays } of leftOut) assert.deepEqual(relays, expected.slice(-2));
});

Deno.test("planReq() makes no room for a fallback relay that is most likely dead, unless all are", () => {
  const own = Array.from({ length: 12 }, (_, i) => `wss://${i}.example/`);
  const people = PEOPLE.slice(0, own.length);
  const lists = new Map(people.map((pubkey, i) => {
    return [pubkey, { pubkey, created_at: 0, write: [own[i]], read: [] }];
  }));
  const fallbackRelays = ["wss://x.example/", "wss://y.example/"];
  const weight = fc.constantFrom(0.005, 0.05, 0.09, 0.14, 0.5, 1, 1.3);
  fc.assert(fc.property(weight, weight, fc.integer({ min: 8, max: 11 }), (x, y, maxRelays) => {
    const weights = new Map([[fallbackRelays[0], x], [fallbackRelays[1], y]]);
    const options = { maxRelays, fallbackRelays, weight: (url: string) => weights.get(url) ?? 1 };
    const { routes, unrouted } = planReq([{ authors: people }], lists, options);
    const sound = fallbackRelays.filter((url) => weights.get(url)! >= Math.max(x, y) / 10);
    assert.deepEqual(fallbackRelays.filter((url) => routes.has(url)), sound);
    assert.equal(routes.size, maxRelays);
    assert.deepEqual(unrouted, []);
  }));
});

Deno.test("planReq() keeps the best of people's own relays if maxRelays is 1", () => {
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

Deno.test("planReq() requests people from the heaviest of their chosen relays", () => {
  fc.assert(fc.property(requests, (request) => {
    const options = { ...request.options, maxFiltersPerRelay: 100 };
    for (const route of planReq(request.filters, request.lists, options).subjects) {
      if (route.reason !== "list") continue;
      const least = Math.min(...route.relays.map(options.weight!));
      for (const { url, reason } of route.skipped) {
        if (reason === "enough") assert.ok(options.weight!(url) <= least);
      }
    }
  }));
});

Deno.test("planReq() assigns relays to tagged users, too, by how full each relay gets", () => {
  const [author, ...users] = [0, 1, 2, 4, 3].map((i) => PEOPLE[i]);
  // Of two that carry as many, the smaller URL is chosen first.
  const [home, there, here] = RELAYS;
  const reads = [[here], [there], [here, there], [here, there]];
  const lists = new Map(users.map((pubkey, i) => {
    return [pubkey, { pubkey, created_at: 0, write: [] as string[], read: reads[i] }];
  }));
  lists.set(author, { pubkey: author, created_at: 0, write: [home], read: [] });
  // A relay with one filter for one person is full with two people.
  const options = { relaysPerAuthor: 1, authorsPerFilter: 1, maxFiltersPerRelay: 1 };
  const { subjects } = planReq([{ authors: [author] }, { "#p": users }], lists, options);
  // Of the users who have a choice, the smaller pubkey gets the first relay before it is full.
  assert.ok(users[2] < users[3]);
  assert.deepEqual(subjects.flatMap(({ relays }) => relays), [home, here, there, here, there]);
});

Deno.test("planReq() chooses a relay of the least weight before leaving its author out", () => {
  const [alice, bob] = PEOPLE;
  const list = (pubkey: string, url: string) => ({ pubkey, created_at: 0, write: [url], read: [] });
  const lists = new Map([[alice, list(alice, RELAYS[0])], [bob, list(bob, RELAYS[1])]]);
  const weight = (url: string) => url === RELAYS[0] ? 1 : 1e-9;
  const { unrouted } = planReq([{ authors: [alice, bob] }], lists, { weight });
  assert.deepEqual(unrouted, []);
});

Deno.test("planReq() reports for each relay of a list that is not asked why it is skipped", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const route of made.subjects) {
      const on = requested(made).filter(({ pubkey }) => pubkey === route.subject);
      for (const { url, reason } of route.skipped) {
        if (reason === "cap") assert.ok(!made.routes.has(url));
        else if (reason === "weight") assert.equal(request.options.weight!(url), 0);
        else if (reason !== "enough") assert.ok(REFUSED.includes(url), `${url}: ${reason}`);
        assert.ok(!route.relays.includes(url) && on.length >= route.relays.length);
      }
      if (route.role === "dm") continue;
      const junk = request.lists.get(route.subject)?.refused ?? [];
      for (const refused of junk) assert.ok(route.skipped.includes(refused));
    }
  }));
});
