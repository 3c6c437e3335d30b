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

export type { Clock } from "./clock.ts";
export { createEventRouter } from "./create_event_router.ts";
export { createOutbox, type Outbox } from "./create_outbox.ts";
export { createReqRouter } from "./create_req_router.ts";
export { type EventRefusal, EventRefusedError, RelayError, RoutingError } from "./errors.ts";
export type { Explanation, RelayReport } from "./explain.ts";
export type { PlanOptions } from "./options.ts";
export type { OutboxOptions } from "./outbox_options.ts";
export type { PassedRelay, PersonRoute } from "./person_routes.ts";
export { eventPeople, type EventPlan, type EventRelayReason, planEvent } from "./plan_event.ts";
export { planReq, type ReqPlan } from "./plan_req.ts";
export type { OpenOptions, OpenRelay, RelayLog } from "./relay_hooks.ts";
export { parseRelayList, type ParseRelayListOptions } from "./relay_list.ts";
export { RelayListStore, type RelayListStoreOptions } from "./relay_list_store.ts";
export { checkRelayUrl, normalizeRelayUrl, type RelayUrlCheck } from "./relay_url.ts";
export type { RouterOptions } from "./router_options.ts";
export { selectRelays, type SelectRelaysOptions } from "./select_relays.ts";
export type {
  RefusalReason,
  RefusedRelay,
  RelayFailure,
  RelayLimits,
  RelayList,
  RelayListSource,
  RelayRecordStore,
  RelayUrlPolicy,
  Side,
  Unrouted,
  UnroutedReason,
} from "./types.ts";
