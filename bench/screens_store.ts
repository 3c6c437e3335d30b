/**
 * A database in memory for the apps of the six screens.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { EventIndex, newestFirst } from "../testing/event_index.ts";
import type { World } from "../testing/world/world.ts";
import { listEvent } from "./sim_session.ts";

/** A store that knows the relay lists of a world from the start. */
export function storeWithLists(world: World): NStore {
  const index = new EventIndex();
  for (const [pubkey, tags] of world.tags) index.put(listEvent(world, pubkey, tags));
  return {
    event(event: NostrEvent): Promise<void> {
      index.put(event);
      return Promise.resolve();
    },
    query(filters: NostrFilter[]): Promise<NostrEvent[]> {
      const found = new Set(filters.flatMap((filter) => index.query(filter)));
      return Promise.resolve([...found].sort(newestFirst));
    },
  };
}
