/**
 * Passive discovery over a store and a book that show what it keeps.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { PassiveDiscovery } from "../../src/discovery/passive_discovery.ts";
import type { Hint } from "../../src/hints/hint.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { A, setUp } from "./list_store.ts";

/** The app's user. */
export const CAROL = "cc".repeat(32);

/** Passive discovery over a store that accepts any signature, and a book that shows all hints. */
export function startPassiveDiscovery(lists: NostrEvent[] = []) {
  const { store, db, write } = setUp(lists);
  const hints: Hint[] = [];
  const errors: Error[] = [];
  const clock = new TestClock();
  const discovery = new PassiveDiscovery({
    clock,
    store,
    book: { add: (some) => hints.push(...some) },
    user: CAROL,
    onError: (error) => errors.push(error),
  });
  /** Delivers events one after the other, and waits until all are stored. */
  const saw = async (...events: NostrEvent[]) => {
    for (const event of events) {
      discovery.saw(event, A);
      await discovery.idle();
    }
  };
  return { clock, store, db, write, hints, errors, discovery, saw };
}
