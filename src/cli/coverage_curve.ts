/**
 * How many people a plan reaches at a relay of their own, for each number of relays. Pure.
 *
 * @module
 */

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

/** Plans a feed of some people with 1 to `most` relays. */
export function coverageCurve(
  authors: readonly string[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  options: PlanOptions,
  most: number,
): CurvePoint[] {
  const filters = [{ kinds: [1], authors: [...authors] }];
  return Array.from({ length: most }, (_, i) => {
    const maxRelays = i + 1;
    return { maxRelays, ...reached(planReq(filters, knowledge, { ...options, maxRelays })) };
  });
}

/** How many authors a plan asks at one relay of their own list, and at two. */
export function reached({ subjects }: Pick<ReqPlan, "subjects">): Omit<CurvePoint, "maxRelays"> {
  let once = 0, twice = 0;
  for (const { role, reason, relays } of subjects) {
    if (role !== "write" || reason !== "list") continue;
    if (relays.length >= 1) once++;
    if (relays.length >= 2) twice++;
  }
  return { once, twice };
}
