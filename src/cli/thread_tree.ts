/**
 * Orders a thread: who answers what. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isPubkey } from "../nostr/pubkeys.ts";

/** An event, and what answers it, the oldest first. */
export interface ThreadNode {
  readonly event: NostrEvent;
  readonly replies: readonly ThreadNode[];
}

/** The event that begins the thread of an event, by its tags; `undefined` for one that begins it. */
export function rootOf({ tags }: NostrEvent): string | undefined {
  const events = tags.filter(([name]) => name === "e" || name === "E");
  const root = events.find(([name]) => name === "E") ??
    events.find(([, , , marker]) => marker === "root") ??
    // Without markers the first names the root (NIP-10), and a mention is no answer.
    events.find(([, , , marker]) => marker !== "mention");
  return root?.[1];
}

/** The event that an event answers, by its tags. */
export function parentOf({ kind, tags }: NostrEvent): string | undefined {
  const events = tags.filter(([name, , , marker]) => name === "e" && marker !== "mention");
  // A comment (NIP-22) names its parent in `e` and its root in `E`.
  if (kind === 1111) return events.at(-1)?.[1];
  const reply = events.find(([, , , marker]) => marker === "reply") ??
    events.find(([, , , marker]) => marker === "root") ?? events.at(-1);
  return reply?.[1];
}

/** The people whom the tags of an event name: those who wrote what it answers are among them. */
export function peopleIn({ tags }: NostrEvent): string[] {
  const named = tags.flatMap(([name, value, , , author]) => {
    if (name === "p" || name === "P") return [value];
    return name === "e" ? [author] : [];
  });
  return [...new Set(named.filter(isPubkey))];
}

/** The trees of some events: those whose parent is not among them are at the top. */
export function threadTrees(events: readonly NostrEvent[]): ThreadNode[] {
  const known = new Map(events.map((event) => [event.id, event]));
  const byParent = Map.groupBy(known.values(), (event) => {
    const parent = parentOf(event);
    return parent !== undefined && known.has(parent) && parent !== event.id ? parent : "";
  });
  const nodes = (parent: string): ThreadNode[] =>
    (byParent.get(parent) ?? [])
      .sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
      .map((event) => ({ event, replies: nodes(event.id) }));
  return nodes("");
}
