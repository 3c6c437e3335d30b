/**
 * The common form of all planners, so that one bench times and judges them all.
 *
 * @module
 */

import type { RelayList } from "../../src/nostr/relay_knowledge.ts";

/** The task, which is the same for all planners. */
export interface PlanInput {
  /** The filter of the request: posts of these authors. */
  readonly filter: { readonly kinds: number[]; readonly authors: string[] };
  /** The relay lists of all authors, by pubkey. */
  readonly lists: ReadonlyMap<string, RelayList>;
  /** Most relays, for planners that know such a limit. */
  readonly maxRelays: number;
  /** How many relays each author should have. */
  readonly relaysPerAuthor: number;
}

/** The authors requested from each relay. */
export type Asked = ReadonlyMap<string, readonly string[]>;

/** A planner with its data in its own form. */
export interface PreparedPlanner {
  /** The work that is timed: from the filter to something per relay. */
  readonly run: () => unknown;
  /** Plans once, and returns the plan in the common form; not timed. */
  readonly asked: () => Asked;
}

/** One planner to be compared. */
export interface Planner {
  /** Its name in the report. */
  readonly name: string;
  /** Loads the lists into the planner's own form; not timed. */
  readonly prepare: (input: PlanInput) => PreparedPlanner;
}

/** Adds to the list at a key. */
export function push<K, V>(map: Map<K, V[]>, key: K, ...values: V[]): void {
  const known = map.get(key);
  if (known) known.push(...values);
  else map.set(key, values);
}
