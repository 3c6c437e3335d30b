/**
 * The outbox model (NIP-65) as a plugin for Nostrify's `NPool`: it requests posts from the
 * relays that their authors write to, publishes events where their readers look, and keeps
 * both going while relays are dead, slow or worse.
 *
 * {@link createOutbox} is all that most apps need. The routers, the store and the readers of
 * relay lists and pasted links also work without it; the planners have an entry of their
 * own, `@npool/outbox/plan`.
 *
 * @example Every post of the people you follow, with three lines
 * ```ts
 * import { NPool } from "@nostrify/nostrify";
 * import { createOutbox } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * const store = await openSqlite(":memory:");
 * const outbox = createOutbox({ store, fallbackRelays: ["wss://relay1.mostr.pub"] });
 * const pool = new NPool(outbox);
 *
 * await pool.close();
 * await outbox.close();
 * await store.close();
 * ```
 *
 * @module
 */

export type { Clock } from "./base/clock.ts";
export type { RecordStore, RecordTopic } from "./base/record_store.ts";
export type { OpenOptions, OpenRelay, RelayLog } from "./connections/open_relay.ts";
export type { CoverageReport, PersonCoverage } from "./coverage_report.ts";
export type { Feed, FeedSyncOptions, FeedSyncProgress } from "./feeds/feed.ts";
export type { FeedOptions } from "./feeds/feed_options.ts";
export type { FeedGap, FeedPage, GapReason } from "./feeds/feed_sources.ts";
export { createEventRouter } from "./create_event_router.ts";
export { createOutbox, type Outbox } from "./create_outbox.ts";
export { createReqRouter, type RouteOptions } from "./create_req_router.ts";
export type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
export type { Explanation, RelayReport } from "./explain.ts";
export { filterOf } from "./hints/filter_of.ts";
export type { Hint } from "./hints/hint.ts";
export { withHints } from "./hints/with_hints.ts";
export type { PublicationTarget, TargetReason, TargetState } from "./ledger/publication.ts";
export type { Publication } from "./ledger/publication_handle.ts";
export {
  type ListListener,
  RelayListStore,
  type RelayListStoreOptions,
  type StoreResult,
} from "./lists/relay_list_store.ts";
export type { Decrypter, UserSigner } from "./lists/user_lists.ts";
export {
  type EventRefusal,
  EventRefusedError,
  RelayFailureError,
  RoutingError,
} from "./nostr/errors.ts";
export { parseRelayList, type ParseRelayListOptions } from "./nostr/relay_list.ts";
export { checkRelayUrl, normalizeRelayUrl, type RelayUrlCheck } from "./nostr/relay_url.ts";
export type { AuthOption, SignInPurpose, SignInRequest } from "./nostr/sign_in.ts";
export { subjectKey } from "./nostr/subject_key.ts";
export type { RelayFailure } from "./nostr/relay_failure.ts";
export type { Unrouted, UnroutedReason } from "./nostr/unrouted.ts";
export type { HintSource, RelayList } from "./nostr/relay_knowledge.ts";
export type { RefusalReason, RelayUrlPolicy } from "./nostr/relay_policy.ts";
export type { Span } from "./spans/span.ts";
export type { OutboxOptions } from "./outbox_options.ts";
export type { EventPlan } from "./plan/event_plan.ts";
export type { PlanOptions } from "./plan/plan_options.ts";
export type { ReqPlan } from "./plan/plan_req.ts";
export type { RouterOptions } from "./router_options.ts";
