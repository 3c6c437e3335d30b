/**
 * How many authors a plan reaches, since a fast plan that reaches nobody is useless.
 *
 * @module
 */

import type { RelayList } from "../src/nostr/relay_knowledge.ts";
import type { Asked } from "./peers/planner.ts";

/** The reach of a plan. */
export interface Reached {
  /** Relays with at least one author, even beyond the cap. */
  readonly relays: number;
  /** Share of the authors with at least one relay that they list, within the cap. */
  readonly once: number;
  /** The same for at least two relays. */
  readonly twice: number;
}

/**
 * Judges a plan within a cap.
 *
 * An author counts on a relay only if the author's list names it. Of a plan with
 * more relays than the cap, those with most such authors are kept: an app that must
 * not open more would do the same.
 */
export function reached(
  asked: Asked,
  lists: ReadonlyMap<string, RelayList>,
  cap: number,
): Reached {
  const useful = [...asked].map(([url, authors]) =>
    [...new Set(authors)].filter((author) => lists.get(author)?.write.includes(url))
  ).filter((authors) => authors.length > 0);
  useful.sort((a, b) => b.length - a.length);
  const copies = new Map<string, number>();
  for (const author of useful.slice(0, cap).flat()) {
    copies.set(author, (copies.get(author) ?? 0) + 1);
  }
  const twice = [...copies.values()].filter((n) => n >= 2).length;
  return {
    relays: [...asked.values()].filter((authors) => authors.length > 0).length,
    once: copies.size / lists.size,
    twice: twice / lists.size,
  };
}
