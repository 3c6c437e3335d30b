/**
 * Plans where to publish: an event and relay lists in, a plan out.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { EventRelayReason } from "../nostr/event_relay_reason.ts";
import { DM_LIST_KIND, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { ANY_RELAY, parseRelayList } from "../nostr/relay_list.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import type { Unrouted } from "../nostr/unrouted.ts";
import { planDelivery } from "./event_inboxes.ts";
import { boundPlan, type EventPlan, finishedPlan, noPlan, reasonsOf } from "./event_plan.ts";
import { eventRule } from "./event_rules.ts";
import { groupHost, hintedRelays } from "./hinted_relays.ts";
import { type PlanOptions, type PlanSettings, planSettings } from "./plan_options.ts";
import { taggedUsers } from "./tagged_users.ts";

/**
 * Plans where to publish an event (NIP-65).
 *
 * The event goes to all write relays of its author, and to read relays of the users it
 * tags. Each tagged user gets one inbox before any gets a second, and at most `maxInboxes`
 * relays are added. The author's own relays are never dropped for inboxes. A user without
 * a usable list is reached through the three best hints and the fallback relays.
 *
 * Some kinds of events follow other rules:
 * - Profiles, relay lists and other lists go to indexers, and to nobody's inbox. Lists that
 *   say where their author is also go to the relays of the former list.
 * - Protected events stay on the author's write relays (NIP-70).
 * - Gift wraps stay on the relays of their recipients' kind 10050 lists (NIP-17).
 * - Private drafts stay on the relays of the author's kind 10013 list (NIP-37).
 * - Messages of a group stay on its host (NIP-29).
 *
 * An event that is bound to relays which are not known, or that is never routed, goes
 * nowhere, and `refusal` says why.
 *
 * Pure: no input is changed, and changing the plan changes no input.
 *
 * @param event The event, signed or not.
 * @param knowledge What is known about its author, the users it tags, and its group, by
 * pubkey and by `subjectKey`: what {@link eventLookup} asks for.
 * @param options See {@link PlanOptions}.
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type.
 *
 * @example A mention reaches the inbox of the user it tags
 * ```ts
 * import assert from "node:assert/strict";
 * import { planEvent } from "@npool/outbox/plan";
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
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  options?: PlanOptions,
): EventPlan {
  return placeEvent(event, knowledge, planSettings(options));
}

/** {@link planEvent} with options that are checked already. */
export function placeEvent(
  event: NostrEvent,
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): EventPlan {
  const { check, fallbackRelays, indexerRelays } = settings;
  const stored = knowledge.get(event.pubkey);
  const own = ownLists(event, stored);
  const rule = eventRule(event);
  switch (rule.to) {
    case "nowhere":
      return noPlan(rule.why, [{ reason: rule.reason }]);
    case "dm":
      return planWrap(rule.recipients, knowledge, settings);
    case "private":
      return boundPlan(usable(own?.private, check), "private", {
        reason: "no-private-list",
        why: "no usable kind 10013 list of its author is known (NIP-37)",
      });
    case "group": {
      const host = rule.host === undefined
        ? groupHost(knowledge.get(subjectKey("group", rule.id)), settings)
        : check(rule.host, "group").url;
      return boundPlan(host === undefined ? [] : [host], "group", {
        reason: "no-group-host",
        why: "its group's host is not known, or refused (NIP-29)",
      });
    }
    case "named":
      return boundPlan(usable(rule.urls, check), "named", {
        reason: "never-routed",
        why: "every relay it names is refused (NIP-62)",
      });
    case "outbox":
      return boundPlan(usable(own?.write, check), "outbox", {
        reason: "no-list",
        why: "it is protected, and its author has no write relay (NIP-70)",
      });
  }

  const reasons = new Map<string, EventRelayReason>();
  /** Adds relays for a reason; returns how many of them are usable. */
  const add = (urls: readonly string[] | undefined, reason: EventRelayReason) => {
    const allowed = usable(urls, check);
    for (const url of allowed) if (!reasons.has(url)) reasons.set(url, reason);
    return allowed.length;
  };
  const isEverywhere = rule.to === "everywhere";
  /** How many relays the author's readers will look at. */
  let outboxes = add(own?.write, "outbox");
  if (isEverywhere) {
    outboxes += usable(stored?.write, check).length;
    for (const lists of [own, stored]) for (const name of rule.lists) add(lists?.[name], "spread");
  }
  const isUnlisted = outboxes === 0;
  if (isUnlisted) outboxes += add(hintedRelays(stored, settings), "hint");
  if (rule.to === "deleted") add(hintedForEvents(rule.ids, knowledge, settings), "hint");
  if (rule.to !== "outbox-and-inboxes") add(indexerRelays, "indexer");
  if (isUnlisted || isEverywhere || rule.to === "deleted") {
    outboxes += add(fallbackRelays, "fallback");
  }

  const delivery = planDelivery(taggedUsers(event), reasons, knowledge, settings);
  if (reasons.size === 0) {
    const why = "no relay of its author is known, and no fallbackRelays are set";
    return noPlan(why, [{ reason: "no-list" }]);
  }
  const author: Unrouted[] = outboxes === 0 ? [{ reason: "no-list", pubkey: event.pubkey }] : [];
  return finishedPlan(reasons, { ...delivery, unrouted: [...author, ...delivery.unrouted] });
}

/** The relays that hints name for events, at most `maxInboxes`. */
function hintedForEvents(
  ids: readonly string[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  settings: PlanSettings,
): string[] {
  const urls = ids.flatMap((id) => hintedRelays(knowledge.get(subjectKey("id", id)), settings));
  return [...new Set(urls)].slice(0, settings.maxInboxes);
}

/** The lists of an event's author; if the event is such a list, it replaces the stored one. */
function ownLists(
  event: NostrEvent,
  stored: RelayKnowledge | undefined,
): RelayKnowledge | undefined {
  if (event.kind === RELAY_LIST_KIND) return parseRelayList(event, { policy: ANY_RELAY });
  if (event.kind !== DM_LIST_KIND) return stored;
  return { ...stored, dm: parseRelayList(event, { policy: ANY_RELAY }).write };
}

/** These relays in normal form, each once, without those that the policy refuses. */
function usable(
  urls: readonly string[] = [],
  check: PlanSettings["check"],
): string[] {
  const normal = new Set<string>();
  for (const value of urls) {
    const { url } = check(value);
    if (url !== undefined) normal.add(url);
  }
  return [...normal];
}

/** A gift wrap goes to all relays of its recipients' kind 10050 lists, and to no others (NIP-17). */
function planWrap(
  recipients: readonly string[],
  knowledge: ReadonlyMap<string, RelayKnowledge>,
  { check }: PlanSettings,
): EventPlan {
  const inboxes = new Map<string, readonly string[]>();
  const unrouted: Unrouted[] = [];
  for (const pubkey of recipients) {
    const relays = usable(knowledge.get(pubkey)?.dm, check);
    if (relays.length > 0) inboxes.set(pubkey, relays);
    else unrouted.push({ reason: "no-dm-list", pubkey });
  }
  if (inboxes.size > 0) {
    const reasons = reasonsOf([...inboxes.values()].flat(), "dm");
    return finishedPlan(reasons, { inboxes, skipped: new Map(), unrouted });
  }
  return recipients.length > 0
    ? noPlan("its recipient is not ready: no usable kind 10050 list is known (NIP-17)", unrouted)
    : noPlan("it names no recipient (NIP-59)", [{ reason: "no-dm-list" }]);
}
