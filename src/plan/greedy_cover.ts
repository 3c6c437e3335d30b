/**
 * The heart of the planner: chooses few relays that serve many subjects well.
 *
 * @module
 */

import type { RelayGraph } from "./relay_graph.ts";

/** How many relays are chosen. */
export interface GreedyCoverOptions {
  /** Most relays in all. */
  readonly maxRelays: number;
  /** How many relays count for one subject. */
  readonly relaysPerSubject: number;
  /** Relays that are chosen before any other, in this order. */
  readonly first?: readonly number[];
  /** How many fewer relays count for a row than for others; none by default. */
  readonly fewer?: (row: number) => number;
}

/** How often a weight can be halved and stay an integer; further relays add nothing. */
const MAX_HALVINGS = 10;

/**
 * Chooses relays one after the other, each time the relay that adds most.
 *
 * The value of a choice to one subject is the sum of weight / 2^rank over its
 * `relaysPerSubject` heaviest chosen relays: a second relay is worth half of a first, and
 * relays beyond `relaysPerSubject`, or beyond ten, are worth nothing. Such a sum is monotone
 * and submodular, so the result is worth at least 1 - 1/e = 63 % of the best choice
 * (Nemhauser, Wolsey, Fisher, 1978). The choice ends early when no relay adds anything. Ties
 * go to the smaller URL. All sums are of integers, so the order of subjects and relays
 * cannot tip a tie.
 *
 * The gain of each relay is kept exact: when a choice changes the value of one more relay
 * to a subject, only the gains of that subject's relays change. So the time is linear in the
 * number of list entries times `relaysPerSubject`.
 *
 * @returns Ids of relays, in the order in which they were chosen: the first n are the
 * choice for a cap of n.
 */
export function greedyCover(graph: RelayGraph, options: GreedyCoverOptions): number[] {
  const { urls, weights, starts, relaysOf, rowStarts, rowsOf, weighed } = graph;
  const depth = Math.min(options.relaysPerSubject, options.maxRelays, MAX_HALVINGS);
  const rows = starts.length - 1;
  const uniform = weights.every((weight) => weight === weights[0]);

  // The weights of each row's best chosen relays, falling, `depth` entries a row.
  const best = new Float64Array(rows * depth);
  const before = new Float64Array(depth);
  const gains = new Float64Array(urls.length);
  for (let relay = 0; relay < urls.length; relay++) {
    gains[relay] = (rowStarts[relay + 1] - rowStarts[relay]) * (weights[relay] << MAX_HALVINGS);
  }
  for (const row of weighed?.rows ?? []) {
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      const less = weights[relaysOf[i]] - weighed!.ofRelays[i];
      gains[relaysOf[i]] -= less * (1 << MAX_HALVINGS);
    }
  }

  // A row for which fewer relays count has that many already, of which no other is better.
  for (let row = 0; options.fewer && row < rows; row++) {
    const held = Math.min(options.fewer(row), depth - 1);
    if (held <= 0) continue;
    best.fill(Infinity, row * depth, row * depth + held);
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      const weight = weighed ? weighed.ofRelays[i] : weights[relaysOf[i]];
      gains[relaysOf[i]] -= weight * ((1 << MAX_HALVINGS) - (1 << MAX_HALVINGS - held));
    }
  }

  const chosen: number[] = [];
  const choose = (relay: number) => {
    chosen.push(relay);
    gains[relay] = CHOSEN_GAIN;
    for (let at = rowStarts[relay]; at < rowStarts[relay + 1]; at++) {
      serve(rowsOf[at], weighed ? weighed.ofRows[at] : weights[relay]);
    }
  };
  const serve = (row: number, weight: number) => {
    const own = row * depth;
    if (best[own + depth - 1] >= weight) return;
    const [from, to] = [starts[row], starts[row + 1]];
    if (uniform && !weighed?.isWeighed[row]) {
      // One more relay is worth the same, whichever it is: half of the last.
      let held = 0;
      while (best[own + held] > 0) held++;
      best[own + held] = weight;
      const last = weight * (1 << MAX_HALVINGS - held);
      const change = held + 1 < depth ? -last / 2 : -last;
      for (let i = from; i < to; i++) gains[relaysOf[i]] += change;
      return;
    }
    for (let rank = 0; rank < depth; rank++) before[rank] = best[own + rank];
    insert(best, own, depth, weight);
    for (let i = from; i < to; i++) {
      const other = weighed ? weighed.ofRelays[i] : weights[relaysOf[i]];
      gains[relaysOf[i]] += gainOf(best, own, depth, other) - gainOf(before, 0, depth, other);
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

/** The gain of a chosen relay: no update can lift it. */
const CHOSEN_GAIN = -Infinity;

/** The value of one more relay of this weight to the row whose best relays start at `own`. */
function gainOf(best: Float64Array, own: number, depth: number, weight: number): number {
  let gain = 0;
  let candidate = weight;
  for (let rank = 0; rank < depth; rank++) {
    const held = best[own + rank];
    if (held >= candidate) continue;
    gain += (candidate - held) * (1 << MAX_HALVINGS - rank);
    candidate = held;
  }
  return gain;
}

/** Puts a weight among the best of the row that starts at `own`. */
function insert(best: Float64Array, own: number, depth: number, weight: number): void {
  let candidate = weight;
  for (let rank = 0; rank < depth; rank++) {
    const held = best[own + rank];
    if (held >= candidate) continue;
    best[own + rank] = candidate;
    candidate = held;
  }
}
