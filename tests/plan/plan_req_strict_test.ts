import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import type { RelayKnowledge } from "../../src/nostr/types.ts";
import { type Assignment, roleOf } from "../../src/plan/assignment.ts";
import { type PlanSettings, planSettings } from "../../src/plan/plan_options.ts";
import { planParts, planReq, type ReqPlan } from "../../src/plan/plan_req.ts";
import { partsFor, reqParts } from "../../src/plan/req_parts.ts";
import { hostOf, relaysOf, usable, type Want, wantsOf } from "../support/expected_lookups.ts";
import { BLOCKED, type KnownRequest, knownRequests } from "../support/known_requests.ts";
import { PEOPLE } from "../support/requests.ts";

const plan = ({ filters, known, options }: KnownRequest) => planReq(filters, known, options);

/** Relays by a letter each. */
const url = (letter: string) => `wss://${letter}.example/`;

/** Who has relays of a kind, a letter each. */
function knownOf(kind: "write" | "dm", lists: readonly string[]): Map<string, RelayKnowledge> {
  return new Map(lists.map((letters, i) => [PEOPLE[i], { [kind]: [...letters].map(url) }]));
}

/** The hosts of groups, a letter each. */
function groupsOf(hosts: string): [string, RelayKnowledge][] {
  return [...hosts].map((letter) => [
    subjectKey("group", `group-${letter}`),
    { hints: [{ url: url(letter), weight: 1, source: "tag" }] },
  ]);
}

/** Settings as they are while the user blocks a relay that hosts a group of theirs, too. */
function blocking(settings: PlanSettings): PlanSettings {
  return {
    ...settings,
    check: (value, use) => {
      const found = settings.check(value, use);
      return found.url === BLOCKED && use !== "group" ? { reason: "blocked" } : found;
    },
  };
}

Deno.test("NIP-51: a blocked relay appears in no plan, but as the host of the user's own group", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { filters, known, options } = request;
    const settings = blocking(planSettings(options));
    const { plan, assignment } = planParts(reqParts(filters), known, settings);
    for (const filter of plan.routes.get(BLOCKED) ?? []) {
      assert.ok(filter["#h"]?.every((group) => hostOf(group, request) === BLOCKED));
    }
    const place = assignment.urls.indexOf(BLOCKED);
    assert.ok(place < 0 || !assignment.unscoped.includes(place));
    for (const { relays, skipped } of plan.people) {
      assert.ok(!relays.includes(BLOCKED));
      for (const { url, reason } of skipped) if (url === BLOCKED) assert.equal(reason, "blocked");
    }
  }));
});

Deno.test("NIP-29, NIP-51: a blocked host is asked for the user's own group, and for nothing else", () => {
  const host = { hints: [{ url: BLOCKED, weight: 1, source: "hand" as const }] };
  const known = new Map<string, RelayKnowledge>([
    [PEOPLE[0], { write: [BLOCKED, url("b")] }],
    [subjectKey("group", "cats"), host],
    [subjectKey("id", "e1"), host],
  ]);
  const filters = [{ authors: [PEOPLE[0]] }, { "#h": ["cats"] }, { ids: ["e1"] }];
  const options = { fallbackRelays: [BLOCKED, url("h")], searchRelays: [BLOCKED] };
  const { plan } = planParts(reqParts(filters), known, blocking(planSettings(options)));
  assert.deepEqual(plan.routes.get(BLOCKED), [{ "#h": ["cats"] }]);
  assert.deepEqual([...plan.routes.keys()].sort(), [url("b"), BLOCKED, url("h")].sort());
});

/** What a plan asks for beyond what its seats say, and the other way round. */
function assertSeated(plan: ReqPlan, seats: Assignment, wants: readonly Want[]): void {
  const { urls, subjects, roles, relayIndexes, relaysPerSubject } = seats;
  for (let row = 0; row < subjects.length; row++) {
    const lane = roleOf(roles, row);
    const own = [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
      .filter((place) => place >= 0).map((place) => urls[place]);
    assert.equal(new Set(own).size, own.length);
    for (const want of wants.filter((want) => want.lane === lane && want.name === subjects[row])) {
      const asked = relaysOf(want, plan, wants);
      assert.ok(own.every((url) => asked.includes(url)), `${lane} ${subjects[row]} on ${asked}`);
    }
  }
  const edges = [0, ...roles.map(({ end }) => end)];
  assert.deepEqual([...roles.map(({ first }) => first), subjects.length], edges);
}

Deno.test("the seats of a plan are what its relays are asked, lane after lane", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { filters, known, options } = request;
    const { plan, assignment } = planParts(reqParts(filters), known, planSettings(options));
    const wants = wantsOf(request);
    assertSeated(plan, assignment, wants);
    const served = assignment.unscoped.map((place) => assignment.urls[place]);
    assert.equal(new Set(served).size, served.length);
    const open = wants.filter(({ lane }) => lane === "open" || lane === "search");
    const relays = open.flatMap((want) => relaysOf(want, plan, wants));
    assert.ok(served.every((url) => relays.includes(url)));
    // An event that is asked for where hints say looks the same there as everywhere.
    const others = open.filter(({ filter: { ids } }) => !ids)
      .flatMap((want) => relaysOf(want, plan, wants));
    assert.ok(others.every((url) => served.includes(url)));
  }));
});

Deno.test("a plan for some of a request is about them alone, on every lane", () => {
  fc.assert(fc.property(knownRequests, fc.func(fc.boolean()), (request, isMeant) => {
    const { filters, known, options } = request;
    const parts = partsFor(reqParts(filters), (name, lane) => isMeant(name, lane));
    const { plan, assignment } = planParts(parts, known, planSettings(options));
    const meant = wantsOf(request).filter(({ lane, name }) => name && isMeant(name, lane));
    for (
      const { subjects, roles, row } of assignment.subjects.map((_, row) => ({
        ...assignment,
        row,
      }))
    ) {
      assert.ok(isMeant(subjects[row], roleOf(roles, row)));
    }
    // What is meant is asked for, or it is said that it is not.
    for (const want of meant) {
      if (want.lane !== "dm" && want.lane !== "group" || want.own.length === 0) continue;
      const isSaid = plan.unrouted.some(({ reason }) => reason === "cap");
      assert.ok(relaysOf(want, plan, meant).length > 0 || isSaid);
    }
  }));
});

Deno.test("who can be asked for nowhere else comes first, in the order of names, in half of the cap", () => {
  const authors = PEOPLE.slice(0, 12);
  const known = new Map([...knownOf("write", [..."abcdefghijkl"]), ...groupsOf("qrstu")]);
  const groups = [..."utsrq"].map((letter) => `group-${letter}`);
  const filters = [{ authors }, { "#h": groups }];
  const { routes, unrouted, things } = planReq(filters, known, { maxRelays: 6 });
  const hosts = [..."qrstu"].map(url);
  assert.deepEqual(hosts.filter((host) => routes.has(host)), hosts.slice(0, 3));
  assert.equal(routes.size, 6);
  assert.deepEqual(unrouted.filter(({ pubkey }) => !pubkey), [{ reason: "cap", filter: 1 }]);
  assert.deepEqual(
    things.map(({ key, relays }) => [key, relays.length]),
    groups.map((key) => [key, key <= "group-s" ? 1 : 0]),
  );
});

Deno.test("who can be asked for nowhere else takes no second relay, and the heavier of two", () => {
  const known = knownOf("dm", ["ab", "bc", "cd"]);
  const filters = [{ kinds: [1059], "#p": PEOPLE.slice(0, 3) }, { kinds: [7] }];
  const weight = (relay: string) => relay === url("b") ? 2 : 1;
  const options = { maxRelays: 6, relaysPerAuthor: 1, fallbackRelays: [url("h")], weight };
  const { routes } = planReq(filters, known, options);
  assert.deepEqual([...routes.keys()].sort(), ["b", "c", "h"].map(url));
});

Deno.test("who can be asked for nowhere else takes no place while a relay of theirs is in already", () => {
  const known = new Map([
    ...knownOf("dm", ["ah", "z"]),
    ...PEOPLE.slice(2, 8).map((pubkey, i) =>
      [pubkey, { write: ["bc", "bd", "ce", "cf", "dg", "ei"][i].split("").map(url) }] as const
    ),
  ]);
  const filters = [
    { kinds: [7] },
    { kinds: [1059], "#p": PEOPLE.slice(0, 2) },
    { authors: PEOPLE.slice(2, 8) },
  ];
  const options = { maxRelays: 4, relaysPerAuthor: 1, fallbackRelays: [url("h")] };
  const { routes, unrouted } = planReq(filters, known, options);
  assert.deepEqual(routes.get(url("z")), [{ kinds: [1059], "#p": [PEOPLE[1]] }]);
  assert.deepEqual(unrouted, []);
});

Deno.test("no relay is dropped for fallback relays that cannot stand in", () => {
  const known = knownOf("write", ["a", "b"]);
  const filters = [{ kinds: [1], authors: PEOPLE.slice(0, 2) }, {
    kinds: [1059],
    "#p": [PEOPLE[2]],
  }];
  const options = { maxRelays: 2, fallbackRelays: [url("h")] };
  const { routes, unrouted } = planReq(filters, known, options);
  assert.deepEqual([...routes.keys()].sort(), [url("a"), url("b")]);
  assert.deepEqual(unrouted, [{ reason: "no-dm-list", pubkey: PEOPLE[2], filter: 1 }]);
});

Deno.test("a plan says of entries that name no relay where the kind 10002 list counts, and only there", () => {
  const refused = [{ url: "junk", reason: "no-scheme" as const }];
  const known = new Map([[PEOPLE[0], { write: [url("a")], dm: [url("b")], refused }]]);
  const filters = [{ kinds: [0], authors: [PEOPLE[0]] }, { kinds: [1, 1059], "#p": [PEOPLE[0]] }];
  const { people } = planReq(filters, known, { indexerRelays: [url("i")] });
  assert.deepEqual(people.map(({ role, skipped }) => [role, skipped]), [
    ["write", refused],
    ["read", refused],
    ["dm", []],
    ["index", []],
  ]);
});

Deno.test("R9 limits: what comes besides counts towards maxFiltersPerRelay", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { scoped, unscoped } = reqParts(request.filters);
    const most = Math.max(request.options.maxFiltersPerRelay!, scoped.length + unscoped.length);
    for (const filters of plan(request).routes.values()) assert.ok(filters.length <= most);
  }));
});

Deno.test("searches and filters that name nobody share the first half of the cap, in turn", () => {
  const authors = PEOPLE.slice(0, 6);
  const filters: NostrFilter[] = [{ authors }, { search: "cats" }, { kinds: [7] }];
  const { routes } = planReq(filters, knownOf("write", [..."abcdef"]), {
    maxRelays: 6,
    fallbackRelays: ["u", "v", "w"].map(url),
    searchRelays: ["x", "u", "z"].map(url),
  });
  const holders = (key: string) =>
    [...routes].filter(([, filters]) => filters.some((filter) => key in filter && !filter.authors))
      .map(([relay]) => relay[6]).sort().join("");
  assert.equal(holders("search"), "ux");
  assert.equal(holders("kinds"), "uv");
  const alone = planReq([{ search: "cats" }, { kinds: [7] }], new Map(), {
    maxRelays: 1,
    fallbackRelays: [url("u")],
    searchRelays: [url("x")],
  });
  assert.deepEqual([...alone.routes], [[url("x"), [{ search: "cats" }]]]);
  assert.deepEqual(alone.unrouted, [{ reason: "cap", filter: 1 }]);
});

Deno.test("a plan says which relay of a list is another URL of a host that counts already", () => {
  const spare = "wss://a.example/path";
  const known = new Map([[PEOPLE[0], { write: [spare, url("a"), url("b")] }]]);
  const { people: [{ relays, skipped }] } = planReq([{ authors: [PEOPLE[0]] }], known);
  assert.deepEqual(relays, [url("a"), url("b")]);
  assert.deepEqual(skipped, [{ url: spare, reason: "host" }]);
});

Deno.test("a plan says of every relay of a list why it is not asked", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { routes, people } = plan(request);
    const { indexerRelays, weight } = request.options;
    for (const { pubkey, role, relays, skipped } of people) {
      const list = role === "index" ? indexerRelays! : request.known.get(pubkey)?.[role] ?? [];
      const own = usable(list, request);
      const said = [...relays, ...skipped.map(({ url }) => url)];
      assert.ok(list.every((url) => said.includes(url)), `${role} ${pubkey}`);
      for (const { url, reason } of skipped) {
        if (reason === "cap") assert.ok(own.includes(url) && !routes.has(url));
        else if (reason === "enough") assert.ok(own.includes(url));
        else if (reason === "host") assert.ok(!own.includes(url) && weight!(url) > 0);
        else if (reason === "weight") assert.equal(weight!(url), 0);
      }
    }
  }));
});
