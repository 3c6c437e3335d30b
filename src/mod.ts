/**
 * The outbox model (NIP-65) as a plugin for Nostrify's `NPool`: who is asked for
 * on which relays, where an event is published, and what to do about relays that
 * are dead, slow or worse.
 *
 * @example Every post of the people you follow, with three lines
 * ```ts
 * import { NPool } from "@nostrify/nostrify";
 * import { createOutbox } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * await using store = await openSqlite(":memory:");
 * await using outbox = createOutbox({ store, fallbackRelays: ["wss://relay1.mostr.pub"] });
 * await using pool = new NPool(outbox);
 * ```
 *
 * @module
 */

export type {
  NostrEvent,
  NostrFilter,
  NostrRelayCLOSED,
  NostrRelayCOUNT,
  NostrRelayEOSE,
  NostrRelayEVENT,
  NRelay,
  NStore,
} from "@nostrify/types";

export { withHints } from "./hints/with_hints.ts";
export type { Clock } from "./base/clock.ts";
export { createEventRouter } from "./create_event_router.ts";
export { createOutbox, type Outbox } from "./create_outbox.ts";
export { createReqRouter, type RouteOptions } from "./create_req_router.ts";
export type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
export {
  type EventRefusal,
  EventRefusedError,
  RelayFailureError,
  RoutingError,
} from "./nostr/errors.ts";
export type { Explanation, RelayReport } from "./explain.ts";
export type { EventPlan, EventRelayReason } from "./plan/event_plan.ts";
export { eventLookup } from "./plan/event_lookup.ts";
export { filterOf } from "./hints/filter_of.ts";
export type { Hint } from "./hints/hint.ts";
export { subjectKey } from "./nostr/subject_key.ts";
export type { PlanOptions } from "./plan/plan_options.ts";
export type { OutboxOptions } from "./outbox_options.ts";
export type { Decrypter, UserSigner } from "./lists/user_lists.ts";
export type { SkippedRelay, SubjectRoute } from "./plan/route_report.ts";
export { planEvent } from "./plan/plan_event.ts";
export { planReq, type ReqPlan } from "./plan/plan_req.ts";
export type { OpenOptions, OpenRelay, RelayLog } from "./connections/open_relay.ts";
export { parseRelayList, type ParseRelayListOptions } from "./nostr/relay_list.ts";
export {
  type ListListener,
  RelayListStore,
  type RelayListStoreOptions,
  type StoreResult,
} from "./lists/relay_list_store.ts";
export { checkRelayUrl, normalizeRelayUrl, type RelayUrlCheck } from "./nostr/relay_url.ts";
export type { RouterOptions } from "./router_options.ts";
export { selectRelays, type SelectRelaysOptions } from "./plan/select_relays.ts";
export type {
  HintSource,
  KnowledgeSource,
  Lookup,
  RefusalReason,
  RefusedRelay,
  RelayFailure,
  RelayHint,
  RelayKnowledge,
  RelayLimits,
  RelayList,
  RelayListSource,
  RelayUrlPolicy,
  Role,
  Side,
  Unrouted,
  UnroutedReason,
} from "./nostr/types.ts";
export type { RecordStore, RecordTopic } from "./base/record_store.ts";
