/**
 * Deals people to the relays that were chosen.
 *
 * @module
 */

import type { RelayGraph } from "./relay_graph.ts";

/** Who is asked for where, as places in the list of chosen relays. */
export interface Deal {
  /** The places of each person, `copies` entries a person, best first, -1 where there is none. */
  readonly places: Int32Array;
  /** Entries a person. */
  readonly copies: number;
}

/**
 * Chosen relays by weight, the heaviest first; equals stay as they were chosen.
 */
export function heaviestFirst(graph: RelayGraph, chosen: readonly number[]): number[] {
  return [...chosen].sort((a, b) => graph.weights[b] - graph.weights[a]);
}

/**
 * Gives each person the first `copies` of their relays among the chosen.
 *
 * In the order of {@link heaviestFirst} those are the heaviest, and among equals
 * the ones chosen earliest, which carry most people: such hubs are seldom dead
 * and seldom lose a post (docs/choosing.md has what was measured).
 */
export function dealPeople(
  { urls, starts, relaysOf }: RelayGraph,
  chosen: readonly number[],
  copies: number,
): Deal {
  const width = Math.min(copies, chosen.length);
  const people = starts.length - 1;
  const places = new Int32Array(people * width).fill(-1);
  const placeOf = new Int32Array(urls.length).fill(-1);
  chosen.forEach((relay, place) => placeOf[relay] = place);

  for (let person = 0; person < people; person++) {
    const first = person * width;
    for (let at = starts[person]; at < starts[person + 1]; at++) {
      let coming = placeOf[relaysOf[at]];
      for (let i = first; coming >= 0 && i < first + width; i++) {
        const sitting = places[i];
        if (sitting >= 0 && sitting < coming) continue;
        places[i] = coming;
        coming = sitting;
      }
    }
  }
  return { places, copies: width };
}
