/**
 * The planners as pure functions: filters or an event, and what is known about relays, in; a
 * plan out. No database, no network, no clock.
 *
 * `planReq` decides which relays a request goes to, and `planEvent` where an event is
 * published. Both take what is known as a map of {@link RelayKnowledge}, which a map of
 * relay lists is. `eventLookup` says what `planEvent` needs to know. `selectRelays` is the
 * selection alone.
 *
 * @example Two authors share a relay, which is enough for both
 * ```ts
 * import assert from "node:assert/strict";
 * import { planReq } from "@npool/outbox/plan";
 *
 * const [alice, bob, carol] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32));
 * const knowledge = new Map([
 *   [alice, { write: ["wss://hub.example/", "wss://a.example/"] }],
 *   [bob, { write: ["wss://hub.example/", "wss://b.example/"] }],
 * ]);
 * const options = { maxRelays: 1, fallbackRelays: [] };
 * const plan = planReq([{ kinds: [1], authors: [alice, bob, carol] }], knowledge, options);
 *
 * assert.deepEqual([...plan.routes], [
 *   ["wss://hub.example/", [{ kinds: [1], authors: [alice, bob] }]],
 * ]);
 * assert.deepEqual(plan.unrouted, [{ reason: "no-list", pubkey: carol, filter: 0 }]);
 * assert.deepEqual(plan.subjects[0], {
 *   subject: alice,
 *   role: "write",
 *   relays: ["wss://hub.example/"],
 *   reason: "list",
 *   skipped: [{ url: "wss://a.example/", reason: "cap" }],
 * });
 * ```
 *
 * @module
 */

export { subjectKey } from "./nostr/subject_key.ts";
export type { Unrouted, UnroutedReason } from "./nostr/unrouted.ts";
export type {
  HintSource,
  KnowledgeSource,
  Lookup,
  RelayHint,
  RelayKnowledge,
  RelayList,
  RelayListSource,
  Role,
  Side,
} from "./nostr/relay_knowledge.ts";
export type { RefusalReason, RefusedRelay, RelayUrlPolicy } from "./nostr/relay_policy.ts";
export { eventLookup } from "./plan/event_lookup.ts";
export type { EventRelayReason } from "./nostr/event_relay_reason.ts";
export type { EventPlan } from "./plan/event_plan.ts";
export { planEvent } from "./plan/plan_event.ts";
export type { PlanOptions } from "./plan/plan_options.ts";
export { planReq, type ReqPlan } from "./plan/plan_req.ts";
export type { SkippedRelay, SubjectRoute } from "./plan/route_report.ts";
export { selectRelays, type SelectRelaysOptions } from "./plan/select_relays.ts";
