/**
 * The decisions themselves, pure: what is known in, a plan out.
 *
 * @module
 */

export { eventLookup } from "./plan/event_lookup.ts";
export type { EventPlan, EventRelayReason } from "./plan/event_plan.ts";
export { planEvent } from "./plan/plan_event.ts";
export type { PlanOptions } from "./plan/plan_options.ts";
export { planReq, type ReqPlan } from "./plan/plan_req.ts";
export type { PersonRoute, SkippedRelay, ThingRoute } from "./plan/route_report.ts";
export { selectRelays, type SelectRelaysOptions } from "./plan/select_relays.ts";
export type {
  HintSource,
  KnowledgeSource,
  Lookup,
  RefusalReason,
  RefusedRelay,
  RelayHint,
  RelayKnowledge,
  RelayListSource,
  RelayUrlPolicy,
  Role,
  Side,
  Unrouted,
  UnroutedReason,
} from "./nostr/types.ts";
