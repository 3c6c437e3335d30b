/**
 * What must be looked up to plan where an event goes.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Lookup } from "../nostr/relay_knowledge.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import { eventRule } from "./event_rules.ts";
import { taggedUsers } from "./tagged_users.ts";

/**
 * What {@link planEvent} needs to know about an event.
 *
 * Usually that is the kind 10002 lists of its author and of the users it tags. A gift wrap
 * needs the kind 10050 lists of its recipients, a private draft the kind 10013 list of its
 * author, a group's message the host of its group unless the event names the host itself,
 * and a deletion also hints about the events that it deletes. An event that goes nowhere,
 * or only to relays that it names itself, needs nothing.
 *
 * @example A gift wrap needs its recipient's kind 10050 list, and nobody's kind 10002
 * ```ts
 * import assert from "node:assert/strict";
 * import { eventLookup } from "@npool/outbox/plan";
 *
 * const bob = "bb".repeat(32);
 * const lookup = eventLookup({
 *   kind: 1059,
 *   pubkey: "aa".repeat(32),
 *   tags: [["p", bob]],
 *   content: "",
 *   created_at: 0,
 *   id: "",
 *   sig: "",
 * });
 * assert.deepEqual(lookup, { people: [], dm: [bob], private: [], eventsAndGroups: [] });
 * ```
 */
export function eventLookup(event: NostrEvent): Lookup {
  const nothing: Lookup = { people: [], dm: [], private: [], eventsAndGroups: [] };
  const rule = eventRule(event);
  switch (rule.to) {
    case "nowhere":
    case "named":
      return nothing;
    case "group":
      return rule.host === undefined
        ? { ...nothing, eventsAndGroups: [subjectKey("group", rule.id)] }
        : nothing;
    case "dm":
      return { ...nothing, dm: rule.recipients };
    case "private":
      return { ...nothing, private: [event.pubkey] };
    case "outbox":
      return { ...nothing, people: [event.pubkey] };
    case "everywhere":
      return {
        people: [event.pubkey, ...taggedUsers(event)],
        dm: rule.lists.includes("dm") ? [event.pubkey] : [],
        private: rule.lists.includes("private") ? [event.pubkey] : [],
        eventsAndGroups: [],
      };
    case "deleted":
      return {
        ...nothing,
        people: [event.pubkey, ...taggedUsers(event)],
        eventsAndGroups: rule.ids.map((id) => subjectKey("id", id)),
      };
    default:
      return { ...nothing, people: [event.pubkey, ...taggedUsers(event)] };
  }
}
