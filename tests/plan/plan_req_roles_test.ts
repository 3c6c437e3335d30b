import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge } from "../../src/nostr/relay_knowledge.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { planReq, type ReqPlan } from "../../src/plan/plan_req.ts";
import {
  hinted,
  hostOf,
  isPartOf,
  relaysOf,
  usable,
  wantsOf,
} from "../support/expected_lookups.ts";
import { BLOCKED, type KnownRequest, knownRequests, otherwise } from "../support/known_requests.ts";
import { unordered } from "../support/plans.ts";
import { frozen, PEOPLE } from "../support/requests.ts";

const plan = ({ filters, knowledge, options }: KnownRequest) =>
  planReq(filters, knowledge, options);

/** The routed filters, each with its relay. */
function routed({ routes }: ReqPlan): { url: string; filter: NostrFilter }[] {
  return [...routes].flatMap(([url, filters]) => filters.map((filter) => ({ url, filter })));
}

Deno.test("R1, R4: planReq() asks each relay only what a list, a hint or an option sends there", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const wants = wantsOf(request);
    for (const { url, filter } of routed(plan(request))) {
      const why = Map.groupBy(
        wants.filter((want) => isPartOf(filter, want)),
        ({ index, role }) => `${index} ${role}`,
      );
      const isMeant = why.values().some((some) => {
        const { key, subject } = some[0];
        const here = some.filter(({ own, others }) => [...own, ...others].includes(url));
        if (subject === undefined) return here.length > 0;
        return filter[key as "#p"]!
          .every((value) => here.some(({ subject }) => subject === value));
      });
      assert.ok(isMeant, `${url} is asked ${JSON.stringify(filter)}`);
    }
  }));
});

Deno.test("R2 complete: planReq() requests everything that is wanted, or names the reason in unrouted", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    for (const want of wants) {
      const { index, role, subject, own, others } = want;
      if (role === "private" || role === "index" || role === "id" || role === "thread") continue;
      if (want.isImplied && own.length === 0) continue;
      const isPerson = role === "write" || role === "read" || role === "dm";
      if (relaysOf(want, made, wants).length > 0) continue;
      const reasons = made.unrouted
        .filter(({ pubkey, filter }) => filter === index && (!isPerson || pubkey === subject))
        .map(({ reason }) => reason);
      const events = wants.filter((other) =>
        other.index === index && (other.role === "id" || other.role === "thread")
      );
      if (role === "unscoped" && events.length > 0 && reasons.length === 0) {
        for (const event of events) assert.ok(relaysOf(event, made, wants).length > 0);
        continue;
      }
      const { options: { fallbackRelays } } = request;
      const expected = own.length > 0
        ? "cap"
        : role === "dm"
        ? /^[0-9a-f]{64}$/.test(subject!) ? "no-dm-list" : "invalid-pubkey"
        : role === "group"
        ? "no-group-host"
        : !isPerson
        ? "no-fallback"
        : others.length > 0 || fallbackRelays!.some((url) => request.options.weight!(url) > 0)
        ? "cap"
        : "no-list";
      assert.ok(reasons.includes(expected), `${role} ${subject}: ${reasons}, not ${expected}`);
    }
  }));
});

Deno.test("R2 complete: planReq() names in unrouted each subject that no relay is asked for, once, and no other", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    const missed = wants
      .filter(({ role }) => role === "write" || role === "read" || role === "dm")
      .filter(({ isImplied, own }) => !isImplied || own.length > 0)
      .filter((want) => relaysOf(want, made, wants).length === 0)
      .map(({ index, subject }) => `${index} ${subject}`);
    const reported = made.unrouted
      .filter(({ pubkey }) => pubkey !== undefined && pubkey !== "not-a-pubkey")
      .map(({ filter, pubkey }) => `${filter} ${pubkey}`);
    const valid = missed.filter((entry) => !entry.endsWith("not-a-pubkey"));
    assert.deepEqual(new Set(reported), new Set(valid));
    const entries = made.unrouted
      .map(({ filter, reason, pubkey }) => `${filter} ${reason} ${pubkey}`);
    assert.equal(new Set(entries).size, entries.length);
  }));
});

Deno.test("R3, R7: planReq() names at most maxRelays relays, each in normal form, allowed, of some weight", () => {
  const policy = { allow: (url: string) => url !== BLOCKED };
  fc.assert(fc.property(knownRequests, (request) => {
    const unblocked = (urls: readonly string[] = []) => urls.filter((url) => url !== BLOCKED);
    const { fallbackRelays, indexerRelays, searchRelays, ...rest } = request.options;
    const options = {
      ...rest,
      policy,
      fallbackRelays: unblocked(fallbackRelays),
      indexerRelays: unblocked(indexerRelays),
      searchRelays: unblocked(searchRelays),
    };
    const { routes } = plan({ ...request, options });
    assert.ok(routes.size <= options.maxRelays!);
    for (const url of routes.keys()) {
      assert.equal(checkRelayUrl(url, policy).url, url);
      assert.ok(options.weight!(url) > 0);
    }
  }));
});

Deno.test("R5 deterministic: planReq() does not depend on the order of filters, subjects, lists and knowledge", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    assert.deepEqual(unordered(plan(otherwise(request))), unordered(plan(request)));
  }));
});

Deno.test("R6 pure: planReq() changes no knowledge, and its output shares nothing with it", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const before = unordered(plan(frozen(request)));
    for (const { filter } of routed(plan(request))) {
      for (const value of Object.values(filter)) if (Array.isArray(value)) value.length = 0;
    }
    assert.deepEqual(unordered(plan(request)), before);
  }));
});

Deno.test("R8 redundant: planReq() requests each subject from relaysPerAuthor of its chosen relays, if it has as many", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    for (const want of wants) {
      if (want.role === "unscoped" || want.role === "search") continue;
      const chosen = want.own.filter((url) => made.routes.has(url));
      const asked = relaysOf(want, made, wants).filter((url) => chosen.includes(url));
      const isForAll = want.role === "dm" || want.role === "thread";
      const least = Math.min(isForAll ? Infinity : request.options.relaysPerAuthor!, chosen.length);
      assert.ok(asked.length >= least, `${want.role} ${want.subject} on ${asked} of ${chosen}`);
    }
  }));
});

Deno.test("R8, NIP-17: planReq() requests gift wraps from all relays of a kind 10050 list, unless the cap is reached", () => {
  fc.assert(fc.property(knownRequests, fc.constantFrom(4, 8, 30), (request, maxRelays) => {
    const options = { ...request.options, maxRelays };
    const made = plan({ ...request, options });
    if (made.routes.size === maxRelays) return;
    const wants = wantsOf(request);
    for (const want of wants.filter(({ role }) => role === "dm")) {
      const asked = relaysOf(want, made, wants);
      assert.ok(want.own.every((url) => asked.includes(url)), `${asked} of ${want.own}`);
    }
  }));
});

Deno.test("R3, NIP-17: planReq() gives each recipient of gift wraps a relay before any gets another, in half of maxRelays", () => {
  const [alice, bob] = PEOPLE.slice(0, 2).sort();
  const urls = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => `wss://${name}${i}.example/`);
  const knowledge = new Map<string, RelayKnowledge>([
    [alice, { dm: urls("a", 40) }],
    [bob, { dm: urls("b", 3) }],
    ...PEOPLE.slice(2).map((pubkey, i) => [pubkey, { write: urls(`w${i}`, 4) }] as const),
  ]);
  const wraps = { kinds: [1059], "#p": [bob, alice] };
  const relaysFor = (filters: NostrFilter[], maxRelays: number) =>
    [...planReq(filters, knowledge, { maxRelays }).routes.keys()]
      .map((url) => url.slice(6, url.indexOf("."))).sort();
  assert.deepEqual(relaysFor([wraps], 2), ["a0", "b0"]);
  assert.deepEqual(relaysFor([wraps], 4), ["a0", "a1", "b0", "b1"]);
  assert.deepEqual(relaysFor([wraps], 7), ["a0", "a1", "a10", "a11", "b0", "b1", "b2"]);
  assert.equal(relaysFor([wraps], 20).length, 20);
  const mixed = relaysFor([wraps, { kinds: [1], authors: PEOPLE.slice(2) }], 12);
  assert.deepEqual(mixed.filter((name) => !name.startsWith("w")).length, 6);
});

Deno.test("R9 limits: planReq() asks no relay twice for what one filter with a limit asks", () => {
  fc.assert(fc.property(knownRequests, fc.nat(50), (request, limit) => {
    const filters = request.filters.slice(0, 1).map((filter) => ({ ...filter, limit }));
    for (const parts of plan({ ...request, filters }).routes.values()) {
      parts.forEach((a, i) =>
        parts.slice(0, i).forEach((b) => {
          // A relay may leave gift wraps out of the answer to a filter without kinds.
          if (!filters[0].kinds && (!a.kinds || !b.kinds) && a.kinds !== b.kinds) return;
          const keys = ["kinds", "authors", "#p", "#A", "#e", "#E", "#q", "#h", "ids"] as const;
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

Deno.test("planReq() ignores hints for a person with a usable list", () => {
  fc.assert(
    fc.property(knownRequests, fc.constantFrom(...PEOPLE.slice(0, 6)), (request, person) => {
      const { knowledge } = request;
      const own = knowledge.get(person);
      fc.pre(usable(own?.write, request).length > 0 && usable(own?.read, request).length > 0);
      const { hints: _, ...unhinted } = own!;
      const hints = [{ url: "wss://rumour.example/", weight: 1, source: "hand" as const }];
      const plans = [unhinted, { ...unhinted, hints }]
        .map((lists) => plan({ ...request, knowledge: new Map([...knowledge, [person, lists]]) }));
      assert.deepEqual(plans[1].routes, plans[0].routes);
      assert.deepEqual(plans[1].subjects, plans[0].subjects);
    }),
  );
});

Deno.test("NIP-17: planReq() requests gift wraps from relays of kind 10050 lists alone", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    for (const { url, filter } of routed(plan(request))) {
      if (!filter["#p"] || !filter.kinds?.some((kind) => [1059, 21_059].includes(kind))) continue;
      for (const pubkey of filter["#p"]) {
        assert.ok(request.knowledge.get(pubkey)?.dm?.includes(url), `${url} learns of ${pubkey}`);
      }
    }
  }));
});

Deno.test("NIP-29: planReq() requests a group whose host is known from no other relay", () => {
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

Deno.test("planReq() reports for each subject in each role the relays that are asked, and why", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const made = plan(request);
    const wants = wantsOf(request);
    const reported = new Set(made.subjects.map(({ role, subject }) => `${role} ${subject}`));
    assert.equal(reported.size, made.subjects.length);
    for (const { role, subject, relays, reason } of made.subjects) {
      const own = wants.filter((want) => want.role === role && want.subject === subject);
      if (role === "id" || role === "group") {
        const missed = own.some((want) => want.own.length > 0) ? "cap" : "no-group-host";
        assert.equal(reason, relays.length > 0 ? "hint" : missed);
      }
      if (role === "thread") assert.equal(reason === "cap", relays.length === 0);
      for (const want of own) {
        const asked = relaysOf(want, made, wants);
        assert.ok(relays.every((url) => asked.includes(url)), `${role} ${subject} on ${relays}`);
        if (role === "read" || role === "dm" || role === "group") {
          assert.deepEqual(asked.toSorted(), relays.toSorted(), `${role} ${subject}`);
        }
      }
    }
    for (const { role, subject, own } of wants) {
      if (role === "unscoped" || role === "search" || own.length === 0) continue;
      assert.ok(reported.has(`${role} ${subject}`), `nothing is reported of ${role} ${subject}`);
    }
  }));
});

Deno.test("planReq() reports for people without a list whether hints or fallback relays are used", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    for (const { subject, role, reason } of plan(request).subjects) {
      if (role === "id" || role === "thread" || role === "group") continue;
      if (reason !== "hint" && reason !== "no-list") continue;
      assert.ok(role === "write" || role === "read");
      assert.deepEqual(usable(request.knowledge.get(subject)?.[role], request), []);
      assert.equal(reason === "hint", hinted(request.knowledge.get(subject), request).length > 0);
    }
  }));
});
