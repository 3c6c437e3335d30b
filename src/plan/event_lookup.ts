/**
 * What must be known before it can be said where an event goes.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { subjectKey } from "../nostr/subject_key.ts";
import type { Lookup } from "../nostr/types.ts";
import { eventRule } from "./event_rules.ts";
import { taggedUsers } from "./tagged_users.ts";

/**
 * What {@link planEvent} wants to know of an event: the lists of its author and of the
 * users it tags; the kind 10050 lists of those whom a gift wrap is for; the author's
 * kind 10013 list for a private draft; the host of a group that the event itself does
 * not name; hints of events that it deletes. Nothing for an event that goes nowhere, or only where it says itself.
 *
 * @example A gift wrap is about its recipient's kind 10050 list, and nobody's kind 10002
 * ```ts
 * import assert from "node:assert/strict";
 * import { eventLookup } from "@npool/outbox";
 *
 * const bob = "bb".repeat(32);
 * const wishes = eventLookup({
 *   kind: 1059,
 *   pubkey: "aa".repeat(32),
 *   tags: [["p", bob]],
 *   content: "",
 *   created_at: 0,
 *   id: "",
 *   sig: "",
 * });
 * assert.deepEqual(wishes, { people: [], dm: [bob], private: [], things: [] });
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
