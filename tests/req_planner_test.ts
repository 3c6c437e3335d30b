import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { reqPlanner } from "../src/create_req_router.ts";
import { RoutingError } from "../src/nostr/errors.ts";
import { exactFilters, invalidEntry } from "../src/nostr/exact_filters.ts";
import type { RelayListSource, Role } from "../src/nostr/relay_knowledge.ts";
import { roleOf } from "../src/plan/assignment.ts";
import { planReq } from "../src/plan/plan_req.ts";
import type { Planned } from "../src/plan/replan.ts";
import { MemorySource, relayList } from "../testing/memory_source.ts";
import { peopleIn as about, requested as asked } from "./support/plans.ts";
import { PEOPLE, RELAYS, requests } from "./support/requests.ts";

const [ALICE, BOB] = PEOPLE;
const [A, B, C] = RELAYS;
const HUB = "wss://hub.example/";

/** Plans a request, as a router does. */
function plan({ filters, lists, options }: {
  filters: NostrFilter[];
  lists: RelayListSource | ReadonlyMap<string, ReturnType<typeof relayList>>;
  options?: Parameters<typeof planReq>[2];
}): Promise<Planned> {
  const source: RelayListSource = "get" in lists && !(lists instanceof Map)
    ? lists as RelayListSource
    : {
      get: (_, { kind } = {}) => Promise.resolve(kind ? new Map() : lists as Map<string, never>),
    };
  return reqPlanner(source, { onError: () => {}, ...options }).plan(filters);
}

Deno.test("reqPlanner() plans as planReq() does, and has the assignment that goes with the plan", async () => {
  const law = fc.asyncProperty(requests, async ({ filters, lists, options }) => {
    const { plan: own, assignment } = await plan({ filters, lists, options });
    const exact = exactFilters(filters);
    assert.deepEqual(own.routes, planReq(exact.filters, lists, options).routes);
    for (const one of exact.invalid.map(invalidEntry)) {
      assert.ok(own.unrouted.some((other) => isDeepStrictEqual(one, other)));
    }
    const { urls, subjects, roles, relayIndexes, relaysPerSubject, unscoped } = assignment;
    const assigned = subjects.flatMap((subject, row) =>
      [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
        .filter((index) => index >= 0)
        .map((index) => `${urls[index]} ${subject} ${roleOf(roles, row)}`)
    );
    const expected = asked(own).map(({ url, pubkey, role }) => `${url} ${pubkey} ${role}`);
    assert.deepEqual(new Set(assigned), new Set(expected));
    assert.equal(new Set(assigned).size, assigned.length);
    const general = urls.filter((url) => own.routes.get(url)?.some((filter) => !about(filter)));
    if (filters.length > 0) {
      assert.deepEqual(new Set(unscoped.map((index) => urls[index])), new Set(general));
    }
  });
  await fc.assert(law, { numRuns: 500 });
});

Deno.test("replan() plans for the subjects that are meant alone, without the excluded relays", async () => {
  const meant = fc.subarray([...PEOPLE]);
  const roles = fc.constantFrom<Role[]>(["write"], ["read"], ["write", "read"]);
  await fc.assert(
    fc.asyncProperty(
      requests,
      meant,
      roles,
      fc.subarray([...RELAYS]),
      fc.integer({ min: 1, max: 4 }),
      async (request, meant, roles, excluding, maxRelays) => {
        const { replan } = await plan(request);
        const isMeant = (subject: string, role: Role) =>
          meant.includes(subject) && roles.includes(role);
        const { plan: other } = replan({ excluding: new Set(excluding), isMeant, maxRelays });
        assert.ok(other.routes.size <= maxRelays);
        for (const { url, pubkey, role } of asked(other)) {
          assert.ok(isMeant(pubkey, role), "nobody else");
          assert.ok(!excluding.includes(url), url);
        }
        for (const filter of [...other.routes.values()].flat()) assert.ok(about(filter));
        // Every subject that has a relay left is asked for somewhere, if there is room.
        const wanted = new Set(
          asked((await plan(request)).plan).filter(({ pubkey, role }) => isMeant(pubkey, role))
            .map(({ pubkey, role }) => `${pubkey} ${role}`),
        );
        const found = new Set(asked(other).map(({ pubkey, role }) => `${pubkey} ${role}`));
        const lost = new Set(other.unrouted.map(({ pubkey }) => pubkey));
        for (const it of wanted) assert.ok(found.has(it) || lost.has(it.split(" ")[0]), it);
      },
    ),
    { numRuns: 300 },
  );
});

const ALICE_ADDRESS = `30023:${ALICE}:x`;

Deno.test("replan() only narrows the filters of the request, and keeps their other conditions", async () => {
  const filters = [
    { kinds: [1], authors: [ALICE, BOB], since: 5 },
    { kinds: [7], "#p": [ALICE, BOB], limit: 3 },
    { kinds: [1111], "#A": [ALICE_ADDRESS, `30023:${BOB}:y`] },
    { kinds: [9] },
  ];
  const lists = new MemorySource(
    relayList(ALICE, { write: [A, B], read: [A, B] }),
    relayList(BOB, { write: [A, C], read: [A, C] }),
  );
  const options = { relaysPerAuthor: 1, maxRelays: 1, fallbackRelays: [HUB] };
  const { replan } = await plan({ filters, lists, options });
  const { plan: other } = replan({
    excluding: new Set([A]),
    isMeant: (subject) => subject === ALICE || subject === ALICE_ADDRESS,
    maxRelays: 5,
  });
  assert.deepEqual([...other.routes], [[B, [
    { kinds: [1], authors: [ALICE], since: 5 },
    { kinds: [7], "#p": [ALICE], limit: 3 },
    { kinds: [1111], "#A": [ALICE_ADDRESS] },
  ]]]);
  assert.deepEqual(other.unrouted, []);
});

Deno.test("replan() of a plan that was replanned excludes the relays of both, and goes to the fallback relays in the end", async () => {
  const lists = new MemorySource(relayList(ALICE, { write: [A, B, C] }));
  const filters = [{ authors: [ALICE] }];
  const options = { relaysPerAuthor: 1, fallbackRelays: [HUB] };
  let planned = await plan({ filters, lists, options });
  const chosen = [...planned.plan.routes.keys()];
  for (let i = 0; i < 4; i++) {
    const excluding = new Set([chosen.at(-1)!]);
    planned = planned.replan({ excluding, isMeant: () => true, maxRelays: 1 });
    chosen.push(...planned.plan.routes.keys());
  }
  assert.deepEqual(chosen.slice(0, 3).sort(), [A, B, C].sort());
  assert.deepEqual(chosen.slice(3), [HUB]);
});

Deno.test("reqPlanner() plan() calls no option, and route() does", async () => {
  const calls: string[] = [];
  const planner = reqPlanner(new MemorySource(), {
    onReqPlan: () => calls.push("plan"),
    onError: ({ name }) => calls.push(name),
  });
  const { plan } = await planner.plan([{ kinds: [1] }]);
  assert.equal(plan.routes.size, 0);
  assert.deepEqual(calls, []);
  await assert.rejects(planner.route([{ kinds: [1] }]), RoutingError);
  assert.deepEqual(calls, ["plan", "RoutingError"]);
});
