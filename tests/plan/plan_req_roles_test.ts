import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { planReq, type ReqPlan } from "../../src/plan/plan_req.ts";
import {
  hinted,
  hostOf,
  isPartOf,
  nameIn,
  relaysOf,
  usable,
  wantsOf,
} from "../support/expected_lookups.ts";
import { BLOCKED, type KnownRequest, knownRequests, otherwise } from "../support/known_requests.ts";
import { frozen, PEOPLE } from "../support/requests.ts";

const plan = ({ filters, known, options }: KnownRequest) => planReq(filters, known, options);

/** The routed filters, each with its relay. */
function routed({ routes }: ReqPlan): { url: string; filter: NostrFilter }[] {
  return [...routes].flatMap(([url, filters]) => filters.map((filter) => ({ url, filter })));
}

/** The plan as a value in which the order of filters, names and relays does not show. */
function unordered({ routes, unrouted }: ReqPlan) {
  const text = (value: object) =>
    JSON.stringify(
      Object.entries(value).sort()
        .map(([key, inner]) => [key, Array.isArray(inner) ? inner.toSorted() : inner]),
    );
  return {
    routes: [...routes].map(([url, filters]) => [url, filters.map(text).sort()]).sort(),
    unrouted: unrouted.map(({ reason, pubkey }) => text({ reason, pubkey })).sort(),
  };
}

Deno.test("R1, R4: each relay is asked only what a list, a hint or an option sends there", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const wants = wantsOf(request);
    for (const { url, filter } of routed(plan(request))) {
      const why = Map.groupBy(
        wants.filter((want) => isPartOf(filter, want)),
        ({ index, lane }) => `${index} ${lane}`,
      );
      const isMeant = why.values().some((some) => {
        const { key, name } = some[0];
        const here = some.filter(({ own, others }) => [...own, ...others].includes(url));
        if (name === undefined) return here.length > 0;
        return filter[key as "#p"]!
          .every((value) => here.some(({ name }) => name === nameIn(key!, value)));
      });
      assert.ok(isMeant, `${url} is asked ${JSON.stringify(filter)}`);
    }
  }));
});

Deno.test("R2 complete: what is wanted is asked for, or unrouted with its reason", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    for (const want of wants) {
      const { index, lane, name, own, others } = want;
      if (lane === "private" || lane === "index" || lane === "id") continue;
      const isPerson = lane === "write" || lane === "read" || lane === "dm";
      if (relaysOf(want, made, wants).length > 0) continue;
      const reasons = made.unrouted
        .filter(({ pubkey, filter }) => filter === index && (!isPerson || pubkey === name))
        .map(({ reason }) => reason);
      const events = wants.filter((other) => other.index === index && other.lane === "id");
      if (lane === "open" && events.length > 0 && reasons.length === 0) {
        for (const event of events) assert.ok(relaysOf(event, made, wants).length > 0);
        continue;
      }
      const { options: { fallbackRelays } } = request;
      const expected = own.length > 0
        ? "cap"
        : lane === "dm"
        ? /^[0-9a-f]{64}$/.test(name!) ? "no-dm-list" : "invalid-pubkey"
        : lane === "group"
        ? "no-group-host"
        : !isPerson
        ? "no-fallback"
        : others.length > 0 || fallbackRelays!.some((url) => request.options.weight!(url) > 0)
        ? "cap"
        : "no-list";
      assert.ok(reasons.includes(expected), `${lane} ${name}: ${reasons}, not ${expected}`);
    }
  }));
});

Deno.test("R2 complete: whoever is asked for is not unrouted, and nobody is twice", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    const lost = wants
      .filter(({ lane }) => lane === "write" || lane === "read" || lane === "dm")
      .filter((want) => relaysOf(want, made, wants).length === 0)
      .map(({ index, name }) => `${index} ${name}`);
    const said = made.unrouted
      .filter(({ pubkey }) => pubkey !== undefined && pubkey !== "not-a-pubkey")
      .map(({ filter, pubkey }) => `${filter} ${pubkey}`);
    const valid = lost.filter((entry) => !entry.endsWith("not-a-pubkey"));
    assert.deepEqual(said.sort(), valid.sort());
    const things = made.unrouted.filter(({ pubkey }) => pubkey === undefined);
    const entries = things.map(({ filter, reason }) => `${filter} ${reason}`);
    assert.equal(new Set(entries).size, entries.length);
  }));
});

Deno.test("R3, R7: at most maxRelays relays, each in normal form, allowed, and worth something", () => {
  const policy = { allow: (url: string) => url !== BLOCKED };
  fc.assert(fc.property(knownRequests, (request) => {
    const without = (urls: readonly string[] = []) => urls.filter((url) => url !== BLOCKED);
    const { fallbackRelays, indexerRelays, searchRelays, ...rest } = request.options;
    const options = {
      ...rest,
      policy,
      fallbackRelays: without(fallbackRelays),
      indexerRelays: without(indexerRelays),
      searchRelays: without(searchRelays),
    };
    const { routes } = plan({ ...request, options });
    assert.ok(routes.size <= options.maxRelays!);
    for (const url of routes.keys()) {
      assert.equal(checkRelayUrl(url, policy).url, url);
      assert.ok(options.weight!(url) > 0);
    }
  }));
});

Deno.test("R5 deterministic: the order of filters, names, lists and of what is known changes nothing", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    assert.deepEqual(unordered(plan(otherwise(request))), unordered(plan(request)));
  }));
});

Deno.test("R6 pure: planReq() changes nothing that is known, and its output shares nothing with it", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const before = unordered(plan(frozen(request)));
    for (const { filter } of routed(plan(request))) {
      for (const value of Object.values(filter)) if (Array.isArray(value)) value.length = 0;
    }
    assert.deepEqual(unordered(plan(request)), before);
  }));
});

Deno.test("R8 redundant: everything is asked for on relaysPerAuthor of its relays where so many are open", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    for (const want of wants) {
      if (want.lane === "open" || want.lane === "search") continue;
      const open = want.own.filter((url) => made.routes.has(url));
      const asked = relaysOf(want, made, wants).filter((url) => open.includes(url));
      const least = Math.min(request.options.relaysPerAuthor!, open.length);
      assert.ok(asked.length >= least, `${want.lane} ${want.name} on ${asked} of ${open}`);
    }
  }));
});

Deno.test("R9 limits: no relay is asked twice for what one filter with a limit asks", () => {
  fc.assert(fc.property(knownRequests, fc.nat(50), (request, limit) => {
    const filters = request.filters.slice(0, 1).map((filter) => ({ ...filter, limit }));
    for (const parts of plan({ ...request, filters }).routes.values()) {
      parts.forEach((a, i) =>
        parts.slice(0, i).forEach((b) => {
          const keys = ["kinds", "authors", "#p", "#A", "#h", "ids"] as const;
          const apart = keys.some((key) => {
            const [some, others] = [a[key as "#p"], b[key as "#p"]];
            return some && others && !some.some((value) => others.includes(value));
          });
          assert.ok(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
        })
      );
    }
  }));
});

Deno.test("a declared list always beats hints: hints for whoever has a usable list change nothing", () => {
  fc.assert(
    fc.property(knownRequests, fc.constantFrom(...PEOPLE.slice(0, 6)), (request, person) => {
      const { known } = request;
      const own = known.get(person);
      fc.pre(usable(own?.write, request).length > 0 && usable(own?.read, request).length > 0);
      const { hints: _, ...without } = own!;
      const hints = [{ url: "wss://rumour.example/", weight: 1, source: "hand" as const }];
      const plans = [without, { ...without, hints }]
        .map((lists) => plan({ ...request, known: new Map([...known, [person, lists]]) }));
      assert.deepEqual(plans[1].routes, plans[0].routes);
      assert.deepEqual(plans[1].people, plans[0].people);
    }),
  );
});

Deno.test("strict lanes never leak: gift wraps are looked for on relays of kind 10050 lists alone", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    for (const { url, filter } of routed(plan(request))) {
      if (!filter["#p"] || !filter.kinds?.some((kind) => [1059, 21_059].includes(kind))) continue;
      for (const pubkey of filter["#p"]) {
        assert.ok(request.known.get(pubkey)?.dm?.includes(url), `${url} learns of ${pubkey}`);
      }
    }
  }));
});

Deno.test("strict lanes never leak: a group whose host is known is asked for nowhere else", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    for (const { url, filter } of routed(plan(request))) {
      const isWrap = filter.kinds?.some((kind) => [1059, 21_059].includes(kind)) && filter["#p"];
      for (const group of isWrap ? [] : filter["#h"] ?? []) {
        const host = hostOf(group, request);
        assert.ok(host === undefined || host === url, `${url} is asked for ${group}`);
      }
    }
  }));
});

Deno.test("what a plan says of people and things is what the relays are asked", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    const said = [
      ...made.people.map(({ pubkey, ...route }) => ({ ...route, name: pubkey })),
      ...made.things.map(({ key, ...route }) => ({ ...route, name: key })),
    ];
    assert.equal(new Set(said.map(({ role, name }) => `${role} ${name}`)).size, said.length);
    for (const { role, name, relays } of said) {
      const own = wants.filter((want) => want.lane === role && want.name === name);
      for (const want of own) {
        const asked = relaysOf(want, made, wants);
        assert.ok(relays.every((url) => asked.includes(url)), `${role} ${name} on ${relays}`);
        if (role === "read" || role === "dm" || role === "group") {
          assert.deepEqual(asked.toSorted(), relays.toSorted(), `${role} ${name}`);
        }
      }
    }
    const names = new Set(said.map(({ role, name }) => `${role} ${name}`));
    for (const { lane, name, own } of wants) {
      if (lane === "open" || lane === "search" || own.length === 0) continue;
      assert.ok(names.has(`${lane} ${name}`), `nothing is said of ${lane} ${name}`);
    }
  }));
});

Deno.test("a plan says of people without a list whether hints or fallback relays stand in", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    for (const { pubkey, role, reason } of plan(request).people) {
      if (reason !== "hint" && reason !== "no-list") continue;
      assert.ok(role === "write" || role === "read");
      assert.deepEqual(usable(request.known.get(pubkey)?.[role], request), []);
      assert.equal(reason === "hint", hinted(request.known.get(pubkey), request).length > 0);
    }
  }));
});
