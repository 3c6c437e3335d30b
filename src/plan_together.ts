/**
 * Plans several requests of one shape as one, and has them share its REQs.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { TimeSlices } from "./base/time_slices.ts";
import { joinFilters } from "./nostr/join_filters.ts";
import type { RelayKnowledge } from "./nostr/relay_knowledge.ts";
import { areMerged } from "./nostr/request_shape.ts";
import type { Planned } from "./plan/replan.ts";
import { foundBy, type LookedUp, partsOf, type ReqPlanner } from "./req_planner.ts";
import type { Found } from "./requests/live_routes.ts";
import { cutSubjects, planSharer } from "./requests/plan_share.ts";
import { SharedRequest } from "./requests/shared_request.ts";
import type { PlannedMember } from "./requests/supervisor.ts";

/** A request that waits for its plan. */
export interface WaitingRequest {
  readonly request: LookedUp;
  readonly resolve: (planned: Planned) => void;
  readonly reject: (error: unknown) => void;
}

/** What {@link planTogether} needs. */
export interface PlanTogetherOptions<T extends WaitingRequest> {
  readonly planner: ReqPlanner;
  /** Many requests at once leave other work its turn. */
  readonly slices: TimeSlices;
  /**
   * Called with the plan for several requests, and each one's share. What it returns is called once
   * each has got its share.
   */
  readonly plannedTogether: (
    Shared: typeof SharedRequest,
    planned: Planned,
    members: readonly PlannedMember[],
    found?: Found,
  ) => () => void;
  /** Carries out some of them apart from the others. */
  readonly carryOut: (some: readonly T[]) => Promise<void>;
}

/** Most times that big requests together get `maxRelays`, which they get as often as they are many. */
const MAX_RELAYS_FACTOR = 3;

/**
 * Resolves once each request has its plan, or was rejected.
 *
 * @param areBig Whether they name so many that each of them would be cut.
 * @throws What planning throws; then nobody has got a plan.
 */
export async function planTogether<T extends WaitingRequest>(
  waiting: readonly T[],
  areBig: boolean,
  { planner, slices, plannedTogether, carryOut }: PlanTogetherOptions<T>,
): Promise<void> {
  const requests = waiting.map(({ request }) => request);
  const { filters, indexes } = joinFilters(requests.map(({ filters }) => filters), areBig);
  const isOfMany = areBig && areMerged(filters);
  const joined = joinedLookUp(filters, requests);
  // Where lists are still looked for, it is not known yet who would have no place.
  const isWide = isOfMany || !areBig && joined.search !== undefined;
  const factor = isWide ? Math.min(waiting.length, MAX_RELAYS_FACTOR) : 1;
  const planned = planner.planned(joined, factor);
  if (!areBig) {
    // Who has no place within `maxRelays` beside others is planned apart from them.
    const cut = cutSubjects(planned.plan);
    const isCut = ({ request: { parts } }: T) =>
      parts.scoped.some(({ scope }) => scope.subjects.some((subject) => cut.has(subject)));
    const apart = waiting.filter(isCut);
    const rest = waiting.filter((one) => !isCut(one));
    // Where fallback relays take every place, no choice of relays helps but fewer requests.
    if (rest.length === 0) rest.push(...apart.splice(apart.length >> 1));
    if (apart.length > 0) {
      for (const some of [rest, apart]) await carryOut(some);
      return;
    }
  }
  const shareOf = planSharer(planned);
  const members: PlannedMember[] = [];
  const settle: (() => void)[] = [];
  for (const [i, { request, resolve, reject }] of waiting.entries()) {
    await slices.turn();
    // Before lists are known, a plan has rows for those alone whose lists are.
    const share = request.search ? planner.planned(request) : shareOf(request.parts, indexes[i]);
    try {
      planner.report(share, request);
      if (share.plan.routes.size > 0) {
        members.push({ filters: request.filters, share, found: foundBy(request) });
      }
      void planner.reportFound(request);
      settle.push(() => resolve(share));
    } catch (error) {
      settle.push(() => reject(error));
    }
  }
  const begin = plannedTogether(SharedRequest, planned, members, foundBy(joined));
  for (const done of settle) {
    await slices.turn();
    done();
  }
  begin();
}

/** A request for several that were looked up each by itself; `filters` are theirs, joined. */
function joinedLookUp(
  filters: readonly NostrFilter[],
  requests: readonly LookedUp[],
): LookedUp {
  const hints = requests.flatMap(({ hints }) => hints);
  const parts = partsOf(filters, [], hints);
  const knowledge = new Map<string, RelayKnowledge>();
  for (const request of requests) {
    for (const [key, known] of request.knowledge) knowledge.set(key, known);
  }
  const joined = { filters, invalid: [], hints, parts, knowledge };
  const searches = requests.flatMap(({ search }) => search ?? []);
  if (searches.length === 0) return joined;
  const found = Promise.allSettled(searches.map(({ found }) => found)).then((results): LookedUp => {
    const all = results.flatMap((one) =>
      one.status === "fulfilled" ? [...one.value.knowledge] : []
    );
    return { ...joined, knowledge: new Map([...knowledge, ...all]) };
  });
  return {
    ...joined,
    search: { people: new Set(searches.flatMap(({ people }) => [...people])), found },
  };
}
