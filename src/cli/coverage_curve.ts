/**
 * How many people a plan reaches at a relay of their own, for each number of relays.
 *
 * @module
 */

import { type Clock, nextTurn, systemClock } from "../base/clock.ts";
import { authorReaches } from "../explorer/reach.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import type { PlanOptions } from "../plan/plan_options.ts";
import { planReq, type ReqPlan } from "../plan/plan_req.ts";

/** One point of the curve. */
export interface CurvePoint {
  /** The most relays that a request may open. */
  readonly maxRelays: number;
  /** How many people are asked at a relay of their own list, at least. */
  readonly once: number;
  /** How many are asked at two of them, at least. */
  readonly twice: number;
}

/** What is planned, and how long. */
export interface CoverageCurveOptions extends PlanOptions {
  /** The most relays that the curve reaches. */
  readonly most: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Plans a feed of some people with 1 to `most` relays. Of thousands it takes seconds; after each
 * plan whatever else the program does has its turn.
 *
 * @throws The signal's reason, if it is aborted.
 */
export async function coverageCurve(
  authors: readonly string[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  { most, signal, clock = systemClock, ...options }: CoverageCurveOptions,
): Promise<CurvePoint[]> {
  const filters = [{ kinds: [1], authors: [...authors] }];
  const points: CurvePoint[] = [];
  for (let maxRelays = 1; maxRelays <= most; maxRelays++) {
    signal.throwIfAborted();
    points.push({ maxRelays, ...reached(planReq(filters, knowledge, { ...options, maxRelays })) });
    await nextTurn(clock);
  }
  signal.throwIfAborted();
  return points;
}

/** How many authors a plan asks at one relay of their own list, and at two. */
export function reached(
  plan: Pick<ReqPlan, "subjects" | "unrouted">,
): Omit<CurvePoint, "maxRelays"> {
  const { several, one } = authorReaches(plan);
  return { once: several + one, twice: several };
}
