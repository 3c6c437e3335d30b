/**
 * The posts of a world as Nostr events.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { getEventHash } from "nostr-tools/pure";
import type { World } from "../testing/world/world.ts";

const SIG = "0".repeat(128);

/** The events made so far, by post. */
const made = new WeakMap<World, NostrEvent[]>();

/**
 * The post as an event: made when first asked for, the same object ever after. Its
 * signature is none; whoever checks that is to be told that it is good.
 */
export function eventOf(world: World, post: number): NostrEvent {
  let events = made.get(world);
  if (!events) made.set(world, events = new Array(world.timeOf.length));
  return events[post] ??= makeEvent(world, post);
}

function makeEvent(world: World, post: number): NostrEvent {
  const unsigned = {
    kind: 1,
    pubkey: world.pubkeys[world.authorOf[post]],
    created_at: world.timeOf[post],
    tags: [],
    content: String(post),
  };
  return { ...unsigned, id: getEventHash(unsigned), sig: SIG };
}

/** Which post an event is. */
export function postOf(event: NostrEvent): number {
  return Number(event.content);
}
