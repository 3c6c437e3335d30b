/**
 * Events that pass by, over a store and a book that show what becomes of them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { PassiveDiscovery } from "../../src/discovery/passive_discovery.ts";
import type { Hint } from "../../src/hints/hint.ts";
import { A, setUp } from "./list_store.ts";

/** The app's user. */
export const CAROL = "cc".repeat(32);

/** Passing events over a store that takes any signature, and a book that shows all. */
export function startPassing(lists: NostrEvent[] = []) {
  const { store, db, write } = setUp(lists);
  const hints: Hint[] = [];
  const errors: Error[] = [];
  const passing = new PassiveDiscovery({
    store,
    book: { add: (some) => hints.push(...some) },
    user: CAROL,
    onError: (error) => errors.push(error),
  });
  /** Lets events pass by, one after the other, and all be stored. */
  const saw = async (...events: NostrEvent[]) => {
    for (const event of events) {
      passing.saw(event, A);
      await passing.idle();
    }
  };
  return { store, db, write, hints, errors, passing, saw };
}
