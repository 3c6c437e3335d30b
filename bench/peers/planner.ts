/**
 * What every planner is brought to, so that one bench times and judges them all.
 *
 * @module
 */

import type { RelayList } from "../../src/nostr/types.ts";

/** What is to be planned: the same for everyone. */
export interface PlanInput {
  /** The filter of the request: posts of these authors. */
  readonly filter: { readonly kinds: number[]; readonly authors: string[] };
  /** The relay lists of all authors, by pubkey. */
  readonly lists: ReadonlyMap<string, RelayList>;
  /** Most relays. A planner that knows no such limit is not given it. */
  readonly maxRelays: number;
  /** On how many relays each author is wanted. */
  readonly relaysPerAuthor: number;
}

/** The authors that each relay is asked for. */
export type Asked = ReadonlyMap<string, readonly string[]>;

/** A planner that has its data in the form it likes best. */
export interface PreparedPlanner {
  /** The work that is timed: from the filter to something per relay. */
  readonly run: () => unknown;
  /** Plans once, and puts what came out into the common form; not timed. */
  readonly asked: () => Asked;
}

/** One contestant. */
export interface Planner {
  /** How the report calls it. */
  readonly name: string;
  /** Takes the lists into whatever the planner reads them from; not timed. */
  readonly prepare: (input: PlanInput) => PreparedPlanner;
}

/** Adds to the list at a key. */
export function push<K, V>(map: Map<K, V[]>, key: K, ...values: V[]): void {
  const known = map.get(key);
  if (known) known.push(...values);
  else map.set(key, values);
}
