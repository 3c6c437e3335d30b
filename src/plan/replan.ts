/**
 * A request's plan, and how to plan anew for those whom its relays fail.
 *
 * @module
 */

import type { RelayKnowledge, Role } from "../nostr/types.ts";
import { deepSettings } from "./deep_requests.ts";
import type { PlanSettings } from "./plan_options.ts";
import { type PlannedReq, planParts } from "./plan_req.ts";
import { partsFor, type ReqParts } from "./req_parts.ts";

/** What a request was planned by. */
export interface PlanInput {
  readonly parts: ReqParts;
  readonly known: ReadonlyMap<string, RelayKnowledge>;
  readonly settings: PlanSettings;
}

/** A plan under way, and how to plan anew for those whom it fails. */
export interface Planned extends PlannedReq {
  /** Whether the request reaches far back, so that answers take long. */
  readonly isDeep: boolean;
  /** What the plan is made of. */
  readonly input: PlanInput;
  /** {@link Planned.replan} by what is known when it is called. */
  readonly replanWith: (known: ReadonlyMap<string, RelayKnowledge>) => Planned["replan"];
  /**
   * Plans the same request for some of what it names, without some relays.
   *
   * @param isMeant Whether a pubkey, or the id of an event or group, is meant on a lane.
   * @param maxRelays Most relays of the new plan.
   */
  readonly replan: (
    avoid: Pick<ReadonlySet<string>, "has">,
    isMeant: (name: string, lane: Role) => boolean,
    maxRelays: number,
  ) => Planned;
}

/** Plans a request, deep or not. */
export function planRequest(
  parts: ReqParts,
  known: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
  isDeep: boolean,
): Planned {
  const input = { parts, known, settings: isDeep ? deepSettings(settings) : settings };
  const replanWith = (known: ReadonlyMap<string, RelayKnowledge>): Planned["replan"] => {
    return (avoid, isMeant, maxRelays) => {
      const weight = (url: string) => avoid.has(url) ? 0 : settings.weight(url);
      const spare = { ...settings, weight, maxRelays };
      return planRequest(partsFor(parts, isMeant), known, spare, isDeep);
    };
  };
  const planned = planParts(parts, known, input.settings);
  return { ...planned, isDeep, input, replanWith, replan: replanWith(known) };
}
