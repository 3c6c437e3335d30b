import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import { planReq } from "../../src/plan/plan_req.ts";
import { isSame, peopleIn, requested, unordered } from "../support/plans.ts";
import { frozen, PEOPLE, reordered, type Request, requests } from "../support/requests.ts";

const plan = ({ filters, lists, options }: Request) => planReq(filters, lists, options);

const events: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constantFrom("ff".repeat(32), "ee".repeat(32)),
  pubkey: fc.constantFrom(...PEOPLE),
  created_at: fc.constantFrom(1_600_000_000, 1_800_000_000),
  kind: fc.constantFrom(0, 1, 7, 1059),
  tags: fc.array(
    fc.oneof(
      fc.constantFrom(...PEOPLE).map((pubkey) => ["p", pubkey]),
      fc.constantFrom(...PEOPLE).map((pubkey) => ["P", pubkey]),
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

Deno.test("R1 sound: planReq() routes the request's filters alone, each narrowed in one key", () => {
  fc.assert(fc.property(requests, (request) => {
    for (const routed of [...plan(request).routes.values()].flat()) {
      assert.ok(request.filters.some((given) => {
        const key = peopleIn(given)?.key;
        const kinds = given.kinds?.filter((kind) => kind !== 1059 || !given["#p"]);
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

Deno.test("R2 complete: planReq() requests every person of every filter, or names the reason in unrouted", () => {
  fc.assert(fc.property(requests, (request) => {
    const { routes, unrouted } = plan(request);
    request.filters.forEach((filter, index) => {
      const found = peopleIn(filter);
      const routed = (pubkey?: string) =>
        [...routes.values()].flat().some((part) =>
          isSame({ ...part, kinds: 0, [found?.key ?? ""]: 0 }, {
            ...filter,
            kinds: 0,
            [found?.key ?? ""]: 0,
          }) &&
          (pubkey === undefined || peopleIn(part)?.people.includes(pubkey))
        );
      const isWrap = filter["#p"] && filter.kinds?.every((kind) => kind === 1059);
      const entry = (pubkey?: string) =>
        unrouted.some((one) =>
          one.filter === index &&
          (one.pubkey === pubkey || one.reason === "matches-nothing" ||
            (isWrap && (one.reason === "no-dm-list" || one.reason === "invalid-pubkey")))
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

Deno.test("R4 honest: planReq() asks a relay for a person only if their list names it, or as a fallback", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const { url, pubkey, role } of requested(made)) {
      const named = request.lists.get(pubkey)?.[role as "write"]?.includes(url);
      const { reason } = made.subjects.find((one) => one.subject === pubkey && one.role === role)!;
      if (reason === "list") assert.ok(named, `${pubkey} does not name ${url}`);
      else assert.ok(request.options.fallbackRelays!.includes(url), `${url} is no fallback`);
    }
  }));
});

Deno.test("R4 honest: planReq() reports for each subject the relays that are asked, and skipped ones", () => {
  fc.assert(fc.property(requests, (request) => {
    const made = plan(request);
    for (const route of made.subjects) {
      const on = requested(made).filter(({ pubkey, role }) =>
        pubkey === route.subject && role === route.role
      );
      assert.deepEqual([...new Set(on.map(({ url }) => url))].sort(), [...route.relays].sort());
      const list = request.lists.get(route.subject)?.[route.role as "write"] ?? [];
      const said = [...route.relays, ...route.skipped.map(({ url }) => url)];
      assert.ok(
        list.every((url) => said.includes(url)),
        "a relay of the list is not accounted for",
      );
    }
  }));
});

Deno.test("R5 deterministic: planReq() does not depend on the order of filters, people, tags and lists", () => {
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
