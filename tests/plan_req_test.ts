import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import fc from "fast-check";
import { matchFilter } from "nostr-tools";
import { MOST_PEOPLE_PER_FILTER } from "../src/cut_filters.ts";
import { planReq, type ReqPlan } from "../src/plan_req.ts";
import { checkRelayUrl } from "../src/relay_url.ts";
import {
  frozen,
  PEOPLE,
  REFUSED,
  RELAYS,
  reordered,
  type Request,
  requests,
} from "./support/requests.ts";

const plan = ({ filters, lists, options }: Request) => planReq(filters, lists, options);

/** Which keys name people, in the order in which a filter is read. */
const KEYS = ["authors", "#p", "#P", "#a", "#A"] as const;

/** Whom a filter is about, written as plainly as possible. */
function about(filter: NostrFilter) {
  if (filter.search !== undefined || filter["#h"]) return undefined;
  const key = KEYS.find((key) => filter[key as "#p"] !== undefined);
  if (!key) return undefined;
  const people = filter[key as "#p"]!
    .map((value) => key.toLowerCase() === "#a" ? value.split(":")[1] : value);
  return { key, side: key === "authors" ? "write" as const : "read" as const, people };
}

/** Whom the filters of one relay ask for, each with the filter. */
function asked(plan: ReqPlan): { url: string; pubkey: string; side: "write" | "read" }[] {
  return [...plan.routes].flatMap(([url, filters]) =>
    filters.flatMap((filter) => {
      const found = about(filter);
      return (found?.people ?? []).map((pubkey) => ({ url, pubkey, side: found!.side }));
    })
  );
}

/** The plan as a value in which the order of filters and relays does not show. */
function unordered({ routes, unrouted }: ReqPlan) {
  const text = (value: object) =>
    JSON.stringify(
      Object.entries(value).sort().map(([key, inner]) => [
        key,
        Array.isArray(inner) ? inner.toSorted() : inner,
      ]),
    );
  return {
    routes: [...routes].map(([url, filters]) => [url, filters.map(text).sort()]).sort(),
    unrouted: unrouted.map(({ reason, pubkey }) => text({ reason, pubkey })).sort(),
  };
}

const events: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constantFrom("ff".repeat(32), "ee".repeat(32)),
  pubkey: fc.constantFrom(...PEOPLE),
  created_at: fc.constantFrom(1_600_000_000, 1_800_000_000),
  kind: fc.constantFrom(0, 1, 7, 1059),
  tags: fc.array(
    fc.oneof(
      fc.constantFrom(...PEOPLE).map((pubkey) => ["p", pubkey]),
      fc.constantFrom(...PEOPLE).map((pubkey) => ["a", `30023:${pubkey}:x`]),
      fc.constant<string[]>(["t", "nostr"]),
    ),
    { maxLength: 3 },
  ),
  content: fc.constant(""),
  sig: fc.constant(""),
});

Deno.test("R1 sound: planReq() routes no filter that matches an event the request does not", () => {
  fc.assert(fc.property(requests, fc.array(events, { minLength: 20 }), (request, some) => {
    const { routes } = plan(request);
    for (const filter of [...routes.values()].flat()) {
      for (const event of some.filter((event) => matchFilter(filter, event))) {
        assert.ok(request.filters.some((given) => matchFilter(given, event)));
      }
    }
  }));
});

Deno.test("R1 sound: each routed filter is one of the request's, narrowed in one key", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const routed of [...plan(request).routes.values()].flat()) {
      assert.ok(request.filters.some((given) => {
        const key = about(given)?.key;
        const kinds = given.kinds?.filter((kind) => kind !== 1059 || key === "authors" || !key);
        const expected: NostrFilter = { ...given, ...(given.kinds && { kinds }) };
        if (key) {
          const values = routed[key as "#p"];
          if (!values?.every((value) => given[key as "#p"]!.includes(value))) return false;
          expected[key as "#p"] = values;
        }
        return isSame(routed, expected);
      }));
    }
  }));
});

Deno.test("R2 complete: every person of every filter is asked for, or unrouted with a reason", () => {
  fc.assert(fc.property(requests, (request) => {
    const { routes, unrouted } = plan(request);
    request.filters.forEach((filter, index) => {
      const found = about(filter);
      const routed = (pubkey?: string) =>
        [...routes.values()].flat().some((part) =>
          isSame({ ...part, kinds: 0, [found?.key ?? ""]: 0 }, {
            ...filter,
            kinds: 0,
            [found?.key ?? ""]: 0,
          }) &&
          (pubkey === undefined || about(part)?.people.includes(pubkey))
        );
      const entry = (pubkey?: string) =>
        unrouted.some((one) =>
          one.filter === index && (one.pubkey === pubkey || one.reason === "matches-nothing")
        );
      if (!found) assert.ok(routed() || entry(), `filter ${index} vanished`);
      for (const pubkey of found?.people ?? []) {
        assert.ok(routed(pubkey) || entry(pubkey), `${pubkey} of filter ${index} vanished`);
      }
    });
  }));
});

Deno.test("R3 bounded: planReq() never opens more than maxRelays relays, fallbacks included", () => {
  fc.assert(fc.property(requests, (request) => {
    assert.ok(plan(request).routes.size <= request.options.maxRelays!);
  }));
});

Deno.test("R4 honest: a relay is asked for a person only if their list names it, or as a fallback", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const { url, pubkey, side } of asked(made)) {
      const named = request.lists.get(pubkey)?.[side].includes(url);
      const { reason } = made.people.find((one) => one.pubkey === pubkey && one.side === side)!;
      if (reason === "list") assert.ok(named, `${pubkey} does not name ${url}`);
      else assert.ok(request.options.fallbackRelays!.includes(url), `${url} is no fallback`);
    }
  }));
});

Deno.test("R4 honest: what a plan says of a person is what the relays are asked", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const person of made.people) {
      const on = asked(made).filter(({ pubkey, side }) =>
        pubkey === person.pubkey && side === person.side
      );
      assert.deepEqual([...new Set(on.map(({ url }) => url))].sort(), [...person.relays].sort());
      const list = request.lists.get(person.pubkey)?.[person.side] ?? [];
      const said = [...person.relays, ...person.passed.map(({ url }) => url)];
      assert.ok(
        list.every((url) => said.includes(url)),
        "a relay of the list is not accounted for",
      );
    }
  }));
});

Deno.test("R5 deterministic: the order of filters, people, tags and lists changes nothing", () => {
  fc.assert(fc.property(requests, (request) => {
    assert.deepEqual(unordered(plan(reordered(request))), unordered(plan(request)));
  }));
});

Deno.test("R6 pure: planReq() changes no input, and its output shares nothing with it", () => {
  fc.assert(fc.property(requests, (request) => {
    const before = unordered(plan(frozen(request)));
    const made = plan(request);
    for (const filters of made.routes.values()) {
      for (const filter of filters) {
        for (const value of Object.values(filter)) if (Array.isArray(value)) value.length = 0;
      }
      filters.length = 0;
    }
    assert.deepEqual(unordered(plan(request)), before);
  }));
});

Deno.test("R7 clean: every relay of a plan is in normal form, allowed, and worth something", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const url of plan(request).routes.keys()) {
      assert.equal(checkRelayUrl(url).url, url);
      assert.ok(!REFUSED.includes(url) && request.options.weight!(url) > 0);
    }
  }));
});

Deno.test("R7 clean: spellings of one relay are one relay", () => {
  const lists = new Map(
    PEOPLE.slice(0, 2).map((pubkey, i) => {
      const write = [["WSS://Q.example", "wss://q.example:443//"], ["wss://q.example/"]][i];
      return [pubkey, { pubkey, created_at: 0, write, read: [] }];
    }),
  );
  const { routes } = planReq([{ authors: PEOPLE.slice(0, 2) }], lists);
  assert.deepEqual([...routes], [["wss://q.example/", [{
    authors: [...PEOPLE.slice(0, 2)].sort(),
  }]]]);
});

Deno.test("R8 redundant: a person is asked for on relaysPerAuthor relays where so many of theirs are chosen", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const person of made.people.filter(({ reason }) => reason === "list")) {
      const chosen = new Set(request.lists.get(person.pubkey)![person.side]
        .filter((url) => made.routes.has(url)));
      const expected = Math.min(request.options.relaysPerAuthor!, chosen.size);
      assert.equal(person.relays.length, expected);
    }
  }));
});

Deno.test("R9 limits: a filter with a limit is sent once to a relay, one without in small parts", () => {
  fc.assert(fc.property(requests, (request) => {
    const { authorsPerFilter, maxFiltersPerRelay } = request.options;
    for (const filters of plan(request).routes.values()) {
      const limited = filters.filter(({ limit }) => limit !== undefined);
      assert.ok(
        limited.length <= request.filters.filter(({ limit }) => limit !== undefined).length,
      );
      if (filters.length >= maxFiltersPerRelay!) continue;
      for (const filter of filters.filter(({ limit }) => limit === undefined)) {
        assert.ok((about(filter)?.people.length ?? 0) <= authorsPerFilter!);
      }
    }
  }));
});

Deno.test("R9 limits: a relay gets maxFiltersPerRelay filters at the most, or one of each", () => {
  fc.assert(fc.property(requests, (request) => {
    const most = Math.max(request.options.maxFiltersPerRelay!, request.filters.length);
    for (const filters of plan(request).routes.values()) assert.ok(filters.length <= most);
  }));
});

Deno.test("R9 limits: 10,000 authors never make a filter of more than 1,000, with a limit or without", () => {
  const authors = Array.from({ length: 10_000 }, (_, i) => i.toString(16).padStart(64, "0"));
  for (const filter of [{ authors }, { authors, limit: 20 }]) {
    const { routes } = planReq([filter], new Map(), {
      fallbackRelays: [RELAYS[0]],
      maxFiltersPerRelay: 1,
    });
    const parts = routes.get(RELAYS[0])!;
    assert.ok(parts.every((part) => part.authors!.length <= MOST_PEOPLE_PER_FILTER));
    assert.deepEqual(parts.flatMap((part) => part.authors!).sort(), authors);
  }
});

Deno.test("R10 stable: one author's list changed moves at most as many relays as the lists name", () => {
  fc.assert(
    fc.property(
      requests,
      fc.constantFrom(...PEOPLE),
      fc.constantFrom(...RELAYS),
      (request, pubkey, url) => {
        // Nothing scarce: then only the relays of the changed list may come or go.
        const options = { ...request.options, maxRelays: 20, weight: () => 1, relaysPerAuthor: 10 };
        const before = planReq(request.filters, request.lists, options);
        const list = { pubkey, created_at: 0, write: [url], read: [url] };
        const after = planReq(
          request.filters,
          new Map([...request.lists, [pubkey, list]]),
          options,
        );
        const old = request.lists.get(pubkey);
        const own = new Set([
          url,
          ...old?.write ?? [],
          ...old?.read ?? [],
          ...options.fallbackRelays!,
        ]);
        for (const moved of difference(before, after)) {
          assert.ok(own.has(moved), `${moved} moved`);
        }
      },
    ),
  );
});

function difference(a: ReqPlan, b: ReqPlan): string[] {
  const urls = new Set([...a.routes.keys(), ...b.routes.keys()]);
  return [...urls].filter((url) => a.routes.has(url) !== b.routes.has(url));
}

function isSame(a: object, b: object): boolean {
  const clean = (value: object) =>
    JSON.stringify(Object.entries(value).filter(([key]) => key).sort());
  return clean(a) === clean(b);
}
