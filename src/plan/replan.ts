/**
 * A planned request, and how to plan it anew for the subjects whose relays fail.
 *
 * @module
 */

import type { RelayKnowledge, Role } from "../nostr/relay_knowledge.ts";
import { deepSettings } from "./deep_requests.ts";
import type { PlanSettings } from "./plan_options.ts";
import { type PlannedReq, planParts } from "./plan_req.ts";
import { partsFor, type ReqParts } from "./req_parts.ts";

/** What a request is planned by. */
export interface PlanInput {
  readonly parts: ReqParts;
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly settings: PlanSettings;
}

/** What a plan for some subjects of a request must keep to. */
export interface ReplanOptions {
  /** The relays that it must not use, by their normal form. */
  readonly excluding: Pick<ReadonlySet<string>, "has">;
  /** Whether it is for a subject (a pubkey, or the id of an event or group) in a role. */
  readonly isMeant: (subject: string, role: Role) => boolean;
  /** Most relays of the new plan. */
  readonly maxRelays: number;
}

/** Plans a request anew for some of its subjects, without some relays. */
export type Replan = (options: ReplanOptions) => Planned;

/** A plan that is being carried out, and how to plan the request anew. */
export interface Planned extends PlannedReq {
  /** Whether the request reaches far back, so that answers take long. */
  readonly isDeep: boolean;
  /** What the plan is made of. */
  readonly input: PlanInput;
  /** Present while relay lists are looked for. */
  readonly early?: EarlyPlan;
  /** Plans anew by the knowledge that the plan is made of. */
  readonly replan: Replan;
  /** {@link Planned.replan} by other knowledge. */
  readonly replanWith: (knowledge: ReadonlyMap<string, RelayKnowledge>) => Replan;
  /** The same for other parts, by the same knowledge and settings. */
  readonly replannersFor: (
    parts: ReqParts,
  ) => Pick<Planned, "replan" | "replanWith" | "replannersFor">;
}

/** What a plan leaves open until relay lists are found. */
export interface EarlyPlan {
  /** The people whose lists are looked for: the plan asks nobody for all of their events. */
  readonly pending: ReadonlySet<string>;
  /** The relays that it asks for the newest events of these people, and for nothing else. */
  readonly previews: ReadonlySet<string>;
}

/** Plans a request, deep or not. */
export function planRequest(
  parts: ReqParts,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
  isDeep: boolean,
): Planned {
  const input = { parts, knowledge, settings: isDeep ? deepSettings(settings) : settings };
  const planned = planParts(parts, knowledge, input.settings);
  return { ...planned, isDeep, input, ...replanners(parts, knowledge, settings, isDeep) };
}

/** How a request with these parts is planned anew; `settings` are those of one that is not deep. */
function replanners(
  parts: ReqParts,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
  isDeep: boolean,
): Pick<Planned, "replan" | "replanWith" | "replannersFor"> {
  const replanWith: Planned["replanWith"] = (knowledge) => ({ excluding, isMeant, maxRelays }) => {
    const weight = (url: string) => excluding.has(url) ? 0 : settings.weight(url);
    const narrowed = { ...settings, weight, maxRelays };
    return planRequest(partsFor(parts, isMeant), knowledge, narrowed, isDeep);
  };
  return {
    replanWith,
    replan: replanWith(knowledge),
    replannersFor: (parts) => replanners(parts, knowledge, settings, isDeep),
  };
}
