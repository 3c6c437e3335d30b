import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { RelayKnowledge, Role } from "../../src/nostr/relay_knowledge.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import { type Assignment, roleOf } from "../../src/plan/assignment.ts";
import { type PlanSettings, planSettings } from "../../src/plan/plan_options.ts";
import { planParts, planReq, type ReqPlan } from "../../src/plan/plan_req.ts";
import { partsFor, reqParts } from "../../src/plan/req_parts.ts";
import {
  forGiftWraps,
  hinted,
  hostOf,
  namedForThread,
  relaysOf,
  usable,
  type Want,
  wantsOf,
} from "../support/expected_lookups.ts";
import { BLOCKED, type KnownRequest, knownRequests } from "../support/known_requests.ts";
import { PEOPLE } from "../support/requests.ts";

const plan = ({ filters, knowledge, options }: KnownRequest) =>
  planReq(filters, knowledge, options);

/** Relays by a letter each. */
const url = (letter: string) => `wss://${letter}.example/`;

/** The lists of some people, a letter for each relay. */
function knowledgeOf(kind: "write" | "dm", lists: readonly string[]): Map<string, RelayKnowledge> {
  return new Map(lists.map((letters, i) => [PEOPLE[i], { [kind]: [...letters].map(url) }]));
}

/** Groups, each with a host, a letter each. */
function groupsOf(hosts: string): [string, RelayKnowledge][] {
  return [...hosts].map((letter) => [
    subjectKey("group", `group-${letter}`),
    { hints: [{ url: url(letter), weight: 1, source: "tag" }] },
  ]);
}

/** Settings of a user who blocks a relay that also hosts one of their groups. */
function blocking(settings: PlanSettings): PlanSettings {
  return {
    ...settings,
    check: (value, use) => {
      const found = settings.check(value, use);
      return found.url === BLOCKED && use !== "group" ? { reason: "blocked" } : found;
    },
  };
}

Deno.test("NIP-51: planParts() names a blocked relay only as the host of the user's own group", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { filters, knowledge, options } = request;
    const settings = blocking(planSettings(options));
    const { plan, assignment } = planParts(reqParts(filters), knowledge, settings);
    for (const filter of plan.routes.get(BLOCKED) ?? []) {
      assert.ok(filter["#h"]?.every((group) => hostOf(group, request) === BLOCKED));
    }
    const index = assignment.urls.indexOf(BLOCKED);
    assert.ok(index < 0 || !assignment.unscoped.includes(index));
    for (const { role, relays, skipped } of plan.subjects) {
      if (role === "group") continue;
      assert.ok(!relays.includes(BLOCKED));
      for (const { url, reason } of skipped) if (url === BLOCKED) assert.equal(reason, "blocked");
    }
  }));
});

Deno.test("NIP-29, NIP-51: planParts() asks a blocked host for the user's own group, and for nothing else", () => {
  const host = { hints: [{ url: BLOCKED, weight: 1, source: "hand" as const }] };
  const knowledge = new Map<string, RelayKnowledge>([
    [PEOPLE[0], { write: [BLOCKED, url("b")] }],
    [subjectKey("group", "cats"), host],
    [subjectKey("id", "e1"), host],
  ]);
  const filters = [{ authors: [PEOPLE[0]] }, { "#h": ["cats"] }, { ids: ["e1"] }];
  const options = { fallbackRelays: [BLOCKED, url("h")], searchRelays: [BLOCKED] };
  const { plan } = planParts(reqParts(filters), knowledge, blocking(planSettings(options)));
  assert.deepEqual(plan.routes.get(BLOCKED), [{ "#h": ["cats"] }]);
  assert.deepEqual([...plan.routes.keys()].sort(), [url("b"), BLOCKED, url("h")].sort());

  const hosts = [subjectKey("group", "birds"), { hints: [{ ...host.hints[0], url: url("b") }] }];
  const groups = new Map([...knowledge, hosts as [string, RelayKnowledge]]);
  const settings = blocking(planSettings({ maxRelays: 1 }));
  const capped = planParts(reqParts([{ "#h": ["cats", "birds"] }]), groups, settings).plan;
  assert.deepEqual(capped.subjects.map(({ subject, skipped }) => [subject, skipped]), [
    ["cats", [{ url: BLOCKED, reason: "cap" }]],
    ["birds", []],
  ]);
});

/** Asserts that the relays of an assignment are asked for its subjects. */
function assertAssigned(plan: ReqPlan, assignment: Assignment, wants: readonly Want[]): void {
  const { urls, subjects, roles, relayIndexes, relaysPerSubject } = assignment;
  for (let row = 0; row < subjects.length; row++) {
    const role = roleOf(roles, row);
    const own = [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
      .filter((index) => index >= 0).map((index) => urls[index]);
    assert.equal(new Set(own).size, own.length);
    for (
      const want of wants.filter((want) => want.role === role && want.subject === subjects[row])
    ) {
      const asked = relaysOf(want, plan, wants);
      assert.ok(own.every((url) => asked.includes(url)), `${role} ${subjects[row]} on ${asked}`);
    }
  }
  const edges = [0, ...roles.map(({ end }) => end)];
  assert.deepEqual([...roles.map(({ first }) => first), subjects.length], edges);
}

Deno.test("planParts() assigns to each subject the relays that are asked for it, role after role", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { filters, knowledge, options } = request;
    const { plan, assignment } = planParts(reqParts(filters), knowledge, planSettings(options));
    const wants = wantsOf(request);
    assertAssigned(plan, assignment, wants);
    const served = assignment.unscoped.map((index) => assignment.urls[index]);
    assert.equal(new Set(served).size, served.length);
    const unscoped = wants.filter(({ role }) => role === "unscoped" || role === "search");
    const relays = unscoped.flatMap((want) => relaysOf(want, plan, wants));
    assert.ok(served.every((url) => relays.includes(url)));
    // A relay that hints name for an event gets the same filter as relays that serve everybody.
    const events = wants.filter(({ role }) => role === "id" || role === "thread");
    const others = unscoped.filter(({ index }) => events.every((other) => other.index !== index))
      .flatMap((want) => relaysOf(want, plan, wants));
    assert.ok(others.every((url) => served.includes(url)));
  }));
});

Deno.test("planParts() of some subjects plans for them alone, in every role", () => {
  fc.assert(fc.property(knownRequests, fc.func(fc.boolean()), (request, isMeant) => {
    const { filters, knowledge, options } = request;
    const parts = partsFor(reqParts(filters), (subject, role) => isMeant(subject, role));
    const { plan, assignment } = planParts(parts, knowledge, planSettings(options));
    const meant = wantsOf(request).filter(({ role, subject }) => subject && isMeant(subject, role));
    for (
      const { subjects, roles, row } of assignment.subjects.map((_, row) => ({
        ...assignment,
        row,
      }))
    ) {
      assert.ok(isMeant(subjects[row], roleOf(roles, row)));
    }
    // What is meant is requested, or the plan says that it is not.
    for (const want of meant) {
      if (want.role !== "dm" && want.role !== "group" || want.own.length === 0) continue;
      const isReported = plan.unrouted.some(({ reason }) => reason === "cap");
      assert.ok(relaysOf(want, plan, meant).length > 0 || isReported);
    }
  }));
});

Deno.test("planReq() chooses relays that nothing can replace first, in the order of subjects, in half of the cap", () => {
  const authors = PEOPLE.slice(0, 12);
  const knowledge = new Map([...knowledgeOf("write", [..."abcdefghijkl"]), ...groupsOf("qrstu")]);
  const groups = [..."utsrq"].map((letter) => `group-${letter}`);
  const filters = [{ authors }, { "#h": groups }];
  const { routes, unrouted, subjects } = planReq(filters, knowledge, { maxRelays: 6 });
  const hosts = [..."qrstu"].map(url);
  assert.deepEqual(hosts.filter((host) => routes.has(host)), hosts.slice(0, 3));
  assert.equal(routes.size, 6);
  assert.deepEqual(unrouted.filter(({ pubkey }) => !pubkey), [{ reason: "cap", filter: 1 }]);
  assert.deepEqual(
    subjects.filter(({ role }) => role === "group")
      .map(({ subject, relays, reason }) => [subject, relays.length, reason]),
    groups.map((id) => id <= "group-s" ? [id, 1, "hint"] : [id, 0, "cap"]),
  );
});

Deno.test("planReq() chooses one relay first for a subject that nothing else can serve: the heaviest", () => {
  const knowledge = knowledgeOf("dm", ["ab", "bc", "cd"]);
  const filters = [{ kinds: [1059], "#p": PEOPLE.slice(0, 3) }, { kinds: [7] }];
  const weight = (relay: string) => relay === url("b") ? 2 : 1;
  const options = { maxRelays: 3, relaysPerAuthor: 1, fallbackRelays: [url("h")], weight };
  const { routes } = planReq(filters, knowledge, options);
  assert.deepEqual([...routes.keys()].sort(), ["b", "c", "h"].map(url));
});

Deno.test("planReq() chooses no relay first for a subject that has one among the chosen already", () => {
  const knowledge = new Map([
    ...knowledgeOf("dm", ["ah", "z"]),
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
  const { routes, unrouted } = planReq(filters, knowledge, options);
  assert.deepEqual(routes.get(url("z")), [{ kinds: [1059], "#p": [PEOPLE[1]] }]);
  assert.deepEqual(unrouted, []);
});

Deno.test("planReq() drops no relay for fallback relays that can serve nobody", () => {
  const knowledge = knowledgeOf("write", ["a", "b"]);
  const filters = [{ kinds: [1], authors: PEOPLE.slice(0, 2) }, {
    kinds: [1059],
    "#p": [PEOPLE[2]],
  }];
  const options = { maxRelays: 2, fallbackRelays: [url("h")] };
  const { routes, unrouted } = planReq(filters, knowledge, options);
  assert.deepEqual([...routes.keys()].sort(), [url("a"), url("b")]);
  assert.deepEqual(unrouted, [{ reason: "no-dm-list", pubkey: PEOPLE[2], filter: 1 }]);
});

Deno.test("planReq() reports refused entries in the roles of the kind 10002 list, and in no other", () => {
  const refused = [{ url: "junk", reason: "no-scheme" as const }];
  const knowledge = new Map([[PEOPLE[0], { write: [url("a")], dm: [url("b")], refused }]]);
  const filters = [{ kinds: [0], authors: [PEOPLE[0]] }, { kinds: [1, 1059], "#p": [PEOPLE[0]] }];
  const { subjects } = planReq(filters, knowledge, { indexerRelays: [url("i")] });
  assert.deepEqual(subjects.map(({ role, skipped }) => [role, skipped]), [
    ["write", refused],
    ["read", refused],
    ["dm", []],
    ["index", []],
  ]);
});

Deno.test("R9 limits: planReq() counts filters of every role towards maxFiltersPerRelay", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { scoped, unscoped } = reqParts(request.filters);
    const most = Math.max(request.options.maxFiltersPerRelay!, scoped.length + unscoped.length);
    for (const filters of plan(request).routes.values()) assert.ok(filters.length <= most);
  }));
});

Deno.test("planReq() gives searches and unscoped filters half of the cap, relay by relay in turn", () => {
  const authors = PEOPLE.slice(0, 6);
  const filters: NostrFilter[] = [{ authors }, { search: "cats" }, { kinds: [7] }];
  const { routes } = planReq(filters, knowledgeOf("write", [..."abcdef"]), {
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

Deno.test("planReq() reports which relay of a list is another URL of a host that counts already", () => {
  const longer = "wss://a.example/path";
  const knowledge = new Map([[PEOPLE[0], { write: [longer, url("a"), url("b")] }]]);
  const { subjects: [{ relays, skipped }] } = planReq([{ authors: [PEOPLE[0]] }], knowledge);
  assert.deepEqual(relays, [url("a"), url("b")]);
  assert.deepEqual(skipped, [{ url: longer, reason: "host" }]);
});

/** The relays that a list, the options or the best hints name for a subject in a role. */
function namedRelays(subject: string, role: Role, request: KnownRequest): readonly string[] {
  const { knowledge, options } = request;
  if (role === "index") return options.indexerRelays!;
  if (role === "id") return hinted(knowledge.get(subjectKey(role, subject)), request);
  if (role === "thread") return namedForThread(subject, request);
  if (role === "group") return [hostOf(subject, request)!];
  return knowledge.get(subject)?.[role] ?? [];
}

Deno.test("planReq() reports for every named relay in every role why it is skipped", () => {
  fc.assert(fc.property(knownRequests, (request) => {
    const { routes, subjects } = plan(request);
    const { weight } = request.options;
    for (const { subject, role, relays, skipped } of subjects) {
      const list = namedRelays(subject, role, request);
      const own = role === "dm" ? forGiftWraps(list, request) : usable(list, request);
      const said = [...relays, ...skipped.map(({ url }) => url)];
      assert.ok(list.every((url) => said.includes(url)), `${role} ${subject}`);
      for (const { url, reason } of skipped) {
        if (reason === "cap") assert.ok(own.includes(url) && !routes.has(url));
        else if (reason === "enough") assert.ok(own.includes(url));
        else if (reason === "host") assert.ok(!own.includes(url) && weight!(url) > 0);
        else if (reason === "weight") assert.equal(weight!(url), 0);
      }
    }
  }));
});
