import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { reqPlanner } from "../src/create_req_router.ts";
import { RoutingError } from "../src/nostr/errors.ts";
import type { RelayListSource, Role } from "../src/nostr/types.ts";
import { roleOf } from "../src/plan/assignment.ts";
import { planReq } from "../src/plan/plan_req.ts";
import type { Planned } from "../src/plan/replan.ts";
import { MemorySource, relayList } from "../testing/memory_source.ts";
import { about, asked } from "./support/plans.ts";
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

Deno.test("reqPlanner() plans as planReq() does, and knows who sits where", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ filters, lists, options }) => {
      const { plan: own, assignment } = await plan({ filters, lists, options });
      assert.deepEqual(own.routes, planReq(filters, lists, options).routes);
      const { urls, subjects, roles, relayIndexes, relaysPerSubject, unscoped } = assignment;
      const seated = subjects.flatMap((name, row) =>
        [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
          .filter((place) => place >= 0)
          .map((place) => `${urls[place]} ${name} ${roleOf(roles, row)}`)
      );
      const expected = asked(own).map(({ url, pubkey, lane }) => `${url} ${pubkey} ${lane}`);
      assert.deepEqual(new Set(seated), new Set(expected));
      assert.equal(new Set(seated).size, seated.length);
      const opens = urls.filter((url) => own.routes.get(url)?.some((filter) => !about(filter)));
      if (filters.length > 0) {
        assert.deepEqual(new Set(unscoped.map((place) => urls[place])), new Set(opens));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a spare plan is about those who are meant alone, and without the relays to avoid", async () => {
  const meant = fc.subarray([...PEOPLE]);
  const lanes = fc.constantFrom<Role[]>(["write"], ["read"], ["write", "read"]);
  await fc.assert(
    fc.asyncProperty(
      requests,
      meant,
      lanes,
      fc.subarray([...RELAYS]),
      fc.integer({ min: 1, max: 4 }),
      async (request, meant, lanes, avoid, maxRelays) => {
        const { replan } = await plan(request);
        const isMeant = (pubkey: string, lane: Role) =>
          meant.includes(pubkey) && lanes.includes(lane);
        const { plan: spare } = replan(new Set(avoid), isMeant, maxRelays);
        assert.ok(spare.routes.size <= maxRelays);
        for (const { url, pubkey, lane } of asked(spare)) {
          assert.ok(isMeant(pubkey, lane), "nobody else");
          assert.ok(!avoid.includes(url), url);
        }
        for (const filter of [...spare.routes.values()].flat()) assert.ok(about(filter));
        // Those who have a relay left are asked for somewhere, if there is room.
        const wanted = new Set(
          asked((await plan(request)).plan).filter(({ pubkey, lane }) => isMeant(pubkey, lane))
            .map(({ pubkey, lane }) => `${pubkey} ${lane}`),
        );
        const found = new Set(asked(spare).map(({ pubkey, lane }) => `${pubkey} ${lane}`));
        const lost = new Set(spare.unrouted.map(({ pubkey }) => pubkey));
        for (const who of wanted) assert.ok(found.has(who) || lost.has(who.split(" ")[0]), who);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a spare plan only narrows the filters of the request, and keeps their other conditions", async () => {
  const filters = [
    { kinds: [1], authors: [ALICE, BOB], since: 5 },
    { kinds: [7], "#p": [ALICE, BOB], limit: 3 },
    { kinds: [1111], "#A": [`30023:${ALICE}:x`, `30023:${BOB}:y`] },
    { kinds: [9] },
  ];
  const lists = new MemorySource(
    relayList(ALICE, { write: [A, B], read: [A, B] }),
    relayList(BOB, { write: [A, C], read: [A, C] }),
  );
  const options = { relaysPerAuthor: 1, maxRelays: 1, fallbackRelays: [HUB] };
  const { replan } = await plan({ filters, lists, options });
  const { plan: spare } = replan(new Set([A]), (pubkey) => pubkey === ALICE, 5);
  assert.deepEqual([...spare.routes], [[B, [
    { kinds: [1], authors: [ALICE], since: 5 },
    { kinds: [7], "#p": [ALICE], limit: 3 },
    { kinds: [1111], "#A": [`30023:${ALICE}:x`] },
  ]]]);
  assert.deepEqual(spare.unrouted, []);
});

Deno.test("a spare plan of a spare plan avoids the relays of both, and goes to the fallbacks in the end", async () => {
  const lists = new MemorySource(relayList(ALICE, { write: [A, B, C] }));
  const filters = [{ authors: [ALICE] }];
  const options = { relaysPerAuthor: 1, fallbackRelays: [HUB] };
  let planned = await plan({ filters, lists, options });
  const chosen = [...planned.plan.routes.keys()];
  for (let i = 0; i < 4; i++) {
    planned = planned.replan(new Set([chosen.at(-1)!]), () => true, 1);
    chosen.push(...planned.plan.routes.keys());
  }
  assert.deepEqual(chosen.slice(0, 3).sort(), [A, B, C].sort());
  assert.deepEqual(chosen.slice(3), [HUB]);
});

Deno.test("reqPlanner() plans without telling anybody, and routes with", async () => {
  const told: string[] = [];
  const planner = reqPlanner(new MemorySource(), {
    onReqPlan: () => told.push("plan"),
    onError: ({ name }) => told.push(name),
  });
  const { plan } = await planner.plan([{ kinds: [1] }]);
  assert.equal(plan.routes.size, 0);
  assert.deepEqual(told, []);
  await assert.rejects(planner.route([{ kinds: [1] }]), RoutingError);
  assert.deepEqual(told, ["plan", "RoutingError"]);
});
