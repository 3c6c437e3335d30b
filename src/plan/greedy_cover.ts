/**
 * The heart: few relays that serve many people well.
 *
 * @module
 */

import type { RelayGraph } from "./relay_graph.ts";

/** How much is chosen. */
export interface GreedyCoverOptions {
  /** Most relays in all. */
  readonly maxRelays: number;
  /** How many of their relays one person can make use of. */
  readonly relaysPerSubject: number;
  /** Relays that are in before any other, in this order. */
  readonly first?: readonly number[];
}

/** How often a weight can be halved and stay an integer; more copies count nothing. */
const HALVINGS = 10;

/**
 * Chooses relays, one after the other, each the one that adds most.
 *
 * What a choice is worth to a person is the sum over their `copies` heaviest
 * chosen relays of weight / 2^rank: a second copy is worth half of a first, a
 * copy beyond `copies`, or beyond ten, nothing. Such a sum is monotone and submodular, so the
 * result is worth at least 1 - 1/e = 63 % of the best choice (Nemhauser, Wolsey,
 * Fisher, 1978). It ends early where no relay adds anything. Ties go to the
 * smaller URL. All sums are of integers, so that no order of people or relays can
 * tip a tie.
 *
 * The gain of each relay is kept exact: when a choice changes what one more copy
 * is worth to somebody, only the relays of that person change. That makes it
 * linear in the number of list entries, times `copies`.
 *
 * @returns Ids of relays, in the order in which they were chosen: the first n are
 * what a cap of n would have given.
 */
export function greedyCover(graph: RelayGraph, options: GreedyCoverOptions): number[] {
  const { urls, weights, starts, relaysOf, rowStarts, rowsOf } = graph;
  const copies = Math.min(options.relaysPerSubject, options.maxRelays, HALVINGS);
  const people = starts.length - 1;
  const uniform = weights.every((weight) => weight === weights[0]);

  // The weights of each person's best chosen relays, falling, `copies` a person.
  const best = new Float64Array(people * copies);
  const before = new Float64Array(copies);
  const gains = new Float64Array(urls.length);
  for (let relay = 0; relay < urls.length; relay++) {
    gains[relay] = (rowStarts[relay + 1] - rowStarts[relay]) * (weights[relay] << HALVINGS);
  }

  const chosen: number[] = [];
  const choose = (relay: number) => {
    chosen.push(relay);
    gains[relay] = TAKEN;
    for (let at = rowStarts[relay]; at < rowStarts[relay + 1]; at++) {
      serve(rowsOf[at], weights[relay]);
    }
  };
  const serve = (person: number, weight: number) => {
    const own = person * copies;
    if (best[own + copies - 1] >= weight) return;
    const [from, to] = [starts[person], starts[person + 1]];
    if (uniform) {
      // One more copy is worth the same from whichever relay: half of the last.
      let held = 0;
      while (best[own + held] > 0) held++;
      best[own + held] = weight;
      const last = weight * (1 << HALVINGS - held);
      const change = held + 1 < copies ? -last / 2 : -last;
      for (let i = from; i < to; i++) gains[relaysOf[i]] += change;
      return;
    }
    for (let rank = 0; rank < copies; rank++) before[rank] = best[own + rank];
    insert(best, own, copies, weight);
    for (let i = from; i < to; i++) {
      const other = weights[relaysOf[i]];
      gains[relaysOf[i]] += gainOf(best, own, copies, other) - gainOf(before, 0, copies, other);
    }
  };

  for (const relay of options.first ?? []) choose(relay);
  while (chosen.length < options.maxRelays) {
    let top = -1;
    for (let relay = 0; relay < gains.length; relay++) {
      if (gains[relay] <= 0) continue;
      if (top < 0 || gains[relay] > gains[top]) top = relay;
      else if (gains[relay] === gains[top] && urls[relay] < urls[top]) top = relay;
    }
    if (top < 0) break;
    choose(top);
  }
  return chosen;
}

/** Below anything that updates could lift a chosen relay's gain to. */
const TAKEN = -Infinity;

/** What one more relay of this weight is worth to the person with `best[own…]`. */
function gainOf(best: Float64Array, own: number, copies: number, weight: number): number {
  let gain = 0;
  let coming = weight;
  for (let rank = 0; rank < copies; rank++) {
    const held = best[own + rank];
    if (held >= coming) continue;
    gain += (coming - held) * (1 << HALVINGS - rank);
    coming = held;
  }
  return gain;
}

function insert(best: Float64Array, own: number, copies: number, weight: number): void {
  let coming = weight;
  for (let rank = 0; rank < copies; rank++) {
    const held = best[own + rank];
    if (held >= coming) continue;
    best[own + rank] = coming;
    coming = held;
  }
}
