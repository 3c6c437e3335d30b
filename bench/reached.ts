/**
 * How many authors a plan reaches: a fast plan that reaches nobody is no plan.
 *
 * @module
 */

import type { RelayList } from "../src/nostr/types.ts";
import type { Asked } from "./peers/planner.ts";

/** What a plan is good for. */
export interface Reached {
  /** Relays that are asked for at least one author, however many. */
  readonly relays: number;
  /** Share of the authors who are asked for on at least one relay of theirs, within the cap. */
  readonly once: number;
  /** The same for at least two relays. */
  readonly twice: number;
}

/**
 * Judges a plan within a cap.
 *
 * An author counts on a relay only if the author's list names it. Of a plan with
 * more relays than the cap, those asked for most such authors are kept: what an app
 * would do that must not open more.
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
