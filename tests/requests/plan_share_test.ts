import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { reqPlanner } from "../../src/create_req_router.ts";
import { joinFilters } from "../../src/nostr/join_filters.ts";
import { requestShape } from "../../src/nostr/request_shape.ts";
import { exactFilters } from "../../src/nostr/exact_filters.ts";
import type { RelayListSource } from "../../src/nostr/relay_knowledge.ts";
import { roleOf } from "../../src/plan/assignment.ts";
import type { Planned } from "../../src/plan/replan.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { planSharer } from "../../src/requests/plan_share.ts";
import { isSame, requested, unordered } from "../support/plans.ts";
import { type Request, requests } from "../support/requests.ts";

/** The plan for several requests of one shape, and the share of each. */
async function shared({ filters, lists, options }: Request) {
  const asked = filters.map((filter) => exactFilters([filter]).filters)
    .filter((one, _, [first]) => requestShape(one) === requestShape(first));
  const source: RelayListSource = {
    get: (_, { kind } = {}) => Promise.resolve(kind ? new Map() : lists as Map<string, never>),
  };
  const joined = joinFilters(asked);
  const planned = await reqPlanner(source, { onError: () => {}, ...options })
    .plan(joined.filters);
  const share = planSharer(planned);
  const shares = asked.map((filters, i) => share(reqParts(filters), joined.indexes[i]));
  return { asked, joined, planned, shares };
}

/** Each relay of an assignment with each subject that it is to answer for. */
function rowsOf({ assignment }: Planned): string[] {
  const { urls, subjects, roles, relayIndexes, relaysPerSubject } = assignment;
  return subjects.flatMap((subject, row) =>
    [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
      .filter((index) => index >= 0)
      .map((index) => `${urls[index]} ${roleOf(roles, row)} ${subject}`)
  );
}

Deno.test("planSharer() gives each request its subjects at the relays of the plan for all, and all plans together are that plan", async () => {
  const law = fc.asyncProperty(requests, async (request) => {
    const { planned, shares } = await shared(request);
    if (shares.length === 0) return;
    const all = new Set(shares.flatMap(rowsOf));
    assert.deepEqual(all, new Set(rowsOf(planned)));
    const urls = new Set(shares.flatMap(({ plan }) => [...plan.routes.keys()]));
    assert.deepEqual(urls, new Set(planned.plan.routes.keys()));
    for (const { plan, assignment } of shares) {
      for (const url of plan.routes.keys()) assert.ok(assignment.urls.includes(url));
      for (const { url, pubkey } of requested(plan)) {
        const routed = requested(planned.plan);
        assert.ok(routed.some((one) => one.url === url && one.pubkey === pubkey));
      }
    }
  });
  await fc.assert(law, { numRuns: 300 });
});

Deno.test("planSharer() says of each request what of it goes nowhere, and of no other", async () => {
  const law = fc.asyncProperty(requests, async (request) => {
    const { asked, shares, planned } = await shared(request);
    const people = (filters: readonly NostrFilter[]) => JSON.stringify(filters);
    for (const [i, { plan }] of shares.entries()) {
      for (const { pubkey, filter } of plan.unrouted) {
        assert.equal(filter, 0);
        if (pubkey !== undefined) assert.ok(people(asked[i]).includes(pubkey));
      }
    }
    for (const { reason, pubkey } of planned.plan.unrouted) {
      const isSaid = shares.some(({ plan }) =>
        plan.unrouted.some((one) => one.reason === reason && one.pubkey === pubkey)
      );
      assert.ok(isSaid || reason === "matches-nothing");
    }
  });
  await fc.assert(law, { numRuns: 300 });
});

Deno.test("planSharer() gives the only request the plan as it is", async () => {
  const law = fc.asyncProperty(requests, async (request) => {
    const { asked, joined, planned, shares: [share] } = await shared({
      ...request,
      filters: request.filters.slice(0, 1),
    });
    // A limit that cannot cut the answer is not sent.
    if (!share || !isSame(joined.filters[0], asked[0][0])) return;
    assert.deepEqual(unordered(share.plan), unordered(planned.plan));
    assert.ok(isSame(share.plan.subjects, planned.plan.subjects));
  });
  await fc.assert(law, { numRuns: 300 });
});
