/**
 * The hints that are attached to the filters of one request: `NPool` hands a router the very filter
 * objects that it was given, and nothing else.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Hint } from "./hint.ts";

const attached = new WeakMap<NostrFilter, readonly Hint[]>();

/** Attaches hints to a filter, in place of those that it has. */
export function attachHints(filter: NostrFilter, hints: readonly Hint[]): void {
  attached.set(filter, hints);
}

/** The hints that are attached to any of these filters. */
export function hintsOf(filters: readonly NostrFilter[]): Hint[] {
  return filters.flatMap((filter) => attached.get(filter) ?? []);
}
