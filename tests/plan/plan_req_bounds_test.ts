import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { MAX_NOTIFIED_USERS } from "../../src/plan/assignment.ts";
import { MAX_SUBJECTS_PER_FILTER } from "../../src/nostr/filter_subjects.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { planReq, type ReqPlan } from "../../src/plan/plan_req.ts";
import { peopleIn } from "../support/plans.ts";
import { PEOPLE, REFUSED, RELAYS, type Request, requests } from "../support/requests.ts";

const plan = ({ filters, lists, options }: Request) => planReq(filters, lists, options);

Deno.test("R7 clean: planReq() names relays in normal form, allowed, and of some weight", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const url of plan(request).routes.keys()) {
      assert.equal(checkRelayUrl(url).url, url);
      assert.ok(!REFUSED.includes(url) && request.options.weight!(url) > 0);
    }
  }));
});

Deno.test("R7 clean: planReq() takes spellings of one relay as one relay", () => {
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

Deno.test("R8 redundant: planReq() requests a person from relaysPerAuthor of their chosen relays, if they have as many", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const route of made.subjects.filter(({ reason }) => reason === "list")) {
      const chosen = new Set(request.lists.get(route.subject)![route.role as "write"]
        .filter((url) => made.routes.has(url)));
      const tagged = made.subjects.filter(({ role }) => role === "read").length;
      // What mentions a few users may be at any of their inboxes.
      const more = route.role === "read" && tagged <= MAX_NOTIFIED_USERS ? 1 : 0;
      const expected = Math.min(request.options.relaysPerAuthor! + more, chosen.size);
      assert.equal(route.relays.length, expected);
    }
  }));
});

/** A filter without its people, which tells the filters of a request apart. */
function shape(filter: NostrFilter): string {
  const key = peopleIn(filter)?.key;
  return JSON.stringify([key, Object.entries(filter).filter(([name]) => name !== key).sort()]);
}

Deno.test("R9 limits: planReq() sends a filter with a limit once to a relay", () => {
  fc.assert(fc.property(requests, (request) => {
    const limited = ({ limit }: NostrFilter) => limit !== undefined;
    for (const filters of plan(request).routes.values()) {
      assert.ok(filters.filter(limited).length <= request.filters.filter(limited).length);
    }
  }));
});

Deno.test("R9 limits: planReq() puts authorsPerFilter people in a filter without a limit, unless that makes too many", () => {
  fc.assert(fc.property(requests, (request) => {
    fc.pre(new Set(request.filters.map(shape)).size === request.filters.length);
    const { authorsPerFilter, maxFiltersPerRelay } = request.options;
    for (const filters of plan(request).routes.values()) {
      const size = ({ limit, ...filter }: NostrFilter) =>
        limit === undefined ? peopleIn(filter)?.people.length ?? 0 : 0;
      if (Math.max(...filters.map(size)) <= authorsPerFilter!) continue;
      const needed = Map.groupBy(filters, shape).values().reduce((sum, parts) => {
        const people = parts.reduce((all, part) => all + size(part), 0);
        return sum + Math.max(1, Math.ceil(people / authorsPerFilter!));
      }, 0);
      assert.ok(needed > maxFiltersPerRelay!);
    }
  }));
});

Deno.test("R9 limits: planReq() sends a relay at most maxFiltersPerRelay filters, or one of each", () => {
  fc.assert(fc.property(requests, (request) => {
    const maxFilters = Math.max(request.options.maxFiltersPerRelay!, request.filters.length);
    for (const filters of plan(request).routes.values()) assert.ok(filters.length <= maxFilters);
  }));
});

Deno.test("R9 limits: planReq() counts unscoped filters towards maxFiltersPerRelay", () => {
  const authors = Array.from({ length: 30 }, (_, i) => i.toString(16).padStart(64, "0"));
  const options = { fallbackRelays: [RELAYS[0]], maxFiltersPerRelay: 3, authorsPerFilter: 1 };
  const { routes } = planReq([{ kinds: [7] }, { authors }], new Map(), options);
  assert.equal(routes.get(RELAYS[0])!.length, 3);
});

Deno.test("R9 limits: planReq() of 10,000 authors makes no filter of more than 1,000, with a limit or without", () => {
  const authors = Array.from({ length: 10_000 }, (_, i) => i.toString(16).padStart(64, "0"));
  for (const filter of [{ authors }, { authors, limit: 20 }]) {
    const { routes } = planReq([filter], new Map(), {
      fallbackRelays: [RELAYS[0]],
      maxFiltersPerRelay: 1,
    });
    const parts = routes.get(RELAYS[0])!;
    assert.ok(parts.every((part) => part.authors!.length <= MAX_SUBJECTS_PER_FILTER));
    assert.deepEqual(parts.flatMap((part) => part.authors!).sort(), authors);
  }
});

Deno.test("R10 stable: planReq() moves no relays but those of the list when one author's list changes", () => {
  fc.assert(
    fc.property(
      requests,
      fc.constantFrom(...PEOPLE),
      fc.constantFrom(...RELAYS),
      (request, pubkey, url) => {
        // Nothing is scarce, so only the relays of the changed list may come or go.
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

Deno.test("NIP-01: planReq() sends no filter whose time range is empty, and says so", () => {
  const authors = PEOPLE.slice(0, 1);
  const lists = new Map([[authors[0], { write: [RELAYS[0]], read: [] }]]);
  for (const [since, until] of [[8, 7], [7.2, 7.8], [1e10, 0]]) {
    const { routes, unrouted } = planReq([{ authors, since, until }], lists);
    assert.equal(routes.size, 0);
    assert.deepEqual(unrouted, [{ reason: "matches-nothing", filter: 0 }]);
  }
  const { routes } = planReq([{ authors, since: 6.5, until: 7.5 }], lists);
  assert.deepEqual([...routes.values()].flat(), [{ authors, since: 7, until: 7 }]);
});

Deno.test("NIP-01: planReq() refuses by name what is no filter", () => {
  const wrong = [{ kinds: [1] }, { authors: PEOPLE[0] }] as unknown as NostrFilter[];
  assert.throws(() => planReq(wrong, new Map()), {
    name: "TypeError",
    message: /^Cannot plan a request: "authors" of filter 1 must be an array of strings, got "/,
  });
});

Deno.test("planReq() of 10,000 authors, each named in three filters and ten times in each, asks for each once a filter", () => {
  const people = Array.from({ length: 10_000 }, (_, i) => i.toString(16).padStart(64, "0"));
  const authors = Array.from({ length: 10 }, () => people).flat();
  const lists = new Map(people.map((pubkey, i) => [pubkey, { write: [RELAYS[i % 9]], read: [] }]));
  const filters = [{ kinds: [1], authors }, { kinds: [6], authors }, { kinds: [7], authors }];
  const { routes, unrouted } = planReq(filters, lists);
  assert.deepEqual(unrouted, []);
  for (const kind of [1, 6, 7]) {
    const asked = [...routes.values()].flat().filter(({ kinds }) => kinds![0] === kind)
      .flatMap(({ authors }) => authors!);
    assert.deepEqual(asked.sort(), people);
  }
});
