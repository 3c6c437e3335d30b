/**
 * Where to publish: an event and relay lists in, a plan out.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { chooseInboxes } from "./choose_inboxes.ts";
import { taggedUsers } from "./event_people.ts";
import { eventRule } from "./event_rules.ts";
import { RELAY_LIST_KIND } from "./kinds.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "./options.ts";
import { parseRelayList } from "./relay_list.ts";
import { RelayGraphBuilder } from "./relay_graph.ts";
import type { RelayList, Unrouted } from "./types.ts";

/** Why an event goes to a relay. */
export type EventRelayReason =
  /** A write relay of its author. */
  | "outbox"
  /** A read relay of a user it tags. */
  | "inbox"
  /** A relay of the author's former or other list, which should know of the change. */
  | "spread"
  /** Named in `indexerRelays`. */
  | "indexer"
  /** Named by the event itself. */
  | "named"
  /** Named in `fallbackRelays`, for want of a list. */
  | "fallback";

/** What publishing an event comes to, and why. */
export interface EventPlan {
  /** Where to send the event, the author's own relays first: what `NPool` takes. */
  readonly relays: string[];
  /** Why it goes to each of them. */
  readonly reasons: ReadonlyMap<string, EventRelayReason>;
  /** The inbox relays of each tagged user that get the event. */
  readonly inboxes: ReadonlyMap<string, readonly string[]>;
  /** The inbox relays of each tagged user that `maxInboxes` leaves out. */
  readonly passed: ReadonlyMap<string, readonly string[]>;
  /** Whom or what it does not reach, and why. */
  readonly unrouted: readonly Unrouted[];
  /** Why it goes nowhere, in words; absent where it goes somewhere. */
  readonly refusal?: string;
}

/**
 * Plans where to publish an event (NIP-65).
 *
 * It goes to all write relays of its author, and to read relays of the users it
 * tags: each of them gets one before any gets a second, and `maxInboxes` relays
 * are added at the most. The author's own relays are never dropped for them.
 * Exceptions: protected events stay on the author's relays (NIP-70); profiles and
 * relay lists are spread to former relays and indexers; what is bound to relays
 * that are not known (gift wraps, groups, drafts) and what is never routed goes
 * nowhere, and `refusal` says why.
 *
 * Pure: no input is changed, and changing the plan changes no input.
 *
 * @param event The event, signed or not.
 * @param lists Known relay lists by pubkey: the author's and the tagged users'
 * (see {@link eventPeople}).
 * @param options See {@link PlanOptions}.
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If an option has the wrong type.
 *
 * @example A mention reaches the inbox of the user it tags
 * ```ts
 * import assert from "node:assert/strict";
 * import { planEvent } from "@npool/outbox";
 *
 * const alice = "aa".repeat(32);
 * const bob = "bb".repeat(32);
 * const lists = new Map([
 *   [alice, { pubkey: alice, created_at: 0, write: ["wss://a.example/"], read: [] }],
 *   [bob, { pubkey: bob, created_at: 0, write: [], read: ["wss://b.example/"] }],
 * ]);
 *
 * const mention = {
 *   kind: 1,
 *   pubkey: alice,
 *   tags: [["p", bob]],
 *   content: "hello",
 *   created_at: 0,
 *   id: "",
 *   sig: "",
 * };
 * assert.deepEqual(planEvent(mention, lists).relays, ["wss://a.example/", "wss://b.example/"]);
 * ```
 */
export function planEvent(
  event: NostrEvent,
  lists: ReadonlyMap<string, RelayList>,
  options?: PlanOptions,
): EventPlan {
  const settings = planSettings(options);
  const rule = eventRule(event);
  if (rule.to === "nowhere") return nowhere(rule.reason, rule.why);

  const reasons = new Map<string, EventRelayReason>();
  const add = (urls: readonly string[], reason: EventRelayReason) => {
    for (const value of urls) {
      const { url } = settings.check(value);
      if (url !== undefined && !reasons.has(url)) reasons.set(url, reason);
    }
  };

  if (rule.to === "named") {
    add(rule.urls, "named");
    if (reasons.size === 0) return nowhere(rule.reason, "every relay it names is refused");
    return finish(reasons);
  }
  const stored = lists.get(event.pubkey);
  const own = event.kind === RELAY_LIST_KIND ? readOwn(event) : stored;
  add(own?.write ?? [], "outbox");
  const homeless = reasons.size === 0;
  if (rule.to === "outbox") {
    if (!homeless) return finish(reasons);
    return nowhere("no-list", "it is protected, and its author has no write relay (NIP-70)");
  }
  if (rule.to === "everywhere") {
    for (const list of [own, stored]) add([...list?.write ?? [], ...list?.read ?? []], "spread");
  }
  if (rule.to !== "outbox-and-inboxes") add(settings.indexerRelays, "indexer");
  if (homeless || rule.to === "everywhere" || rule.to === "deleted") {
    add(settings.fallbackRelays, "fallback");
  }
  const delivery = deliver(taggedUsers(event), reasons, lists, settings);
  if (reasons.size === 0) {
    return nowhere("no-list", "no relay of its author is known, and no fallback is set");
  }
  const lost: Unrouted[] = homeless && settings.fallbackRelays.length === 0
    ? [{ reason: "no-list", pubkey: event.pubkey }]
    : [];
  return finish(reasons, { ...delivery, unrouted: [...lost, ...delivery.unrouted] });
}

/** Whose relay lists bear on where an event goes: its author's and the tagged users'. */
export function eventPeople(event: NostrEvent): string[] {
  return [event.pubkey, ...taggedUsers(event)];
}

/** What a plan says of tagged users. */
type Delivery = Pick<EventPlan, "inboxes" | "passed" | "unrouted">;

function noDelivery(): Delivery {
  return { inboxes: new Map(), passed: new Map(), unrouted: [] };
}

/** Adds inbox relays to `reasons`; says whom they reach. */
function deliver(
  users: readonly string[],
  reasons: Map<string, EventRelayReason>,
  lists: ReadonlyMap<string, RelayList>,
  settings: PlanSettings,
): Delivery {
  const builder = new RelayGraphBuilder((url) => settings.check(url).url, settings.weight);
  const isListed = users.map((user) => {
    const own = builder.add(lists.get(user)?.read ?? []);
    if (own === 0) builder.add(settings.fallbackRelays);
    builder.endRow();
    return own > 0;
  });
  const graph = builder.build();
  const relaysOf = users.map((_, user) =>
    [...graph.relaysOf.subarray(graph.starts[user], graph.starts[user + 1])]
      .map((id) => graph.urls[id])
  );
  const listed = new Set(relaysOf.filter((_, user) => isListed[user]).flat());
  const taken = new Set(
    graph.urls.map((_, id) => id).filter((id) => reasons.has(graph.urls[id])),
  );
  for (const id of chooseInboxes(graph, taken, settings.maxInboxes)) {
    reasons.set(graph.urls[id], listed.has(graph.urls[id]) ? "inbox" : "fallback");
  }

  const inboxes = new Map<string, string[]>();
  const passed = new Map<string, string[]>();
  const unrouted: Unrouted[] = [];
  users.forEach((pubkey, user) => {
    const reached = relaysOf[user].filter((url) => reasons.has(url));
    const missed = relaysOf[user].filter((url) => !reasons.has(url));
    if (missed.length > 0) passed.set(pubkey, missed);
    if (reached.length > 0) inboxes.set(pubkey, reached);
    else unrouted.push({ reason: relaysOf[user].length === 0 ? "no-list" : "cap", pubkey });
  });
  return { inboxes, passed, unrouted };
}

function readOwn(event: NostrEvent): RelayList {
  return parseRelayList(event, {
    policy: { allowLocal: true, allowInsecure: true, allowOnion: true },
  });
}

function finish(
  reasons: ReadonlyMap<string, EventRelayReason>,
  delivery: Delivery = noDelivery(),
): EventPlan {
  return { relays: [...reasons.keys()], reasons, ...delivery };
}

function nowhere(reason: Unrouted["reason"], refusal: string): EventPlan {
  return { ...noDelivery(), relays: [], reasons: new Map(), unrouted: [{ reason }], refusal };
}
