/**
 * Assigns the chosen relays to subjects.
 *
 * @module
 */

import type { RelayGraph } from "./relay_graph.ts";

/** The relays of each subject, as indexes in the list of chosen relays. */
export interface AssignedRelays {
  /** The relay indexes of each row, `relaysPerSubject` entries a row, best first; -1 is none. */
  readonly relayIndexes: Int32Array;
  /** Entries a row in `relayIndexes`. */
  readonly relaysPerSubject: number;
}

/** Sorts chosen relays by falling weight; relays of equal weight keep their order. */
export function heaviestFirst(graph: RelayGraph, chosen: readonly number[]): number[] {
  return [...chosen].sort((a, b) => graph.weights[b] - graph.weights[a]);
}

/** How relays are assigned. */
export interface AssignRelaysOptions {
  /** How many relays each subject gets at most. */
  readonly relaysPerSubject: number;
  /**
   * How many subjects a relay takes before it counts as full.
   * @default Infinity
   */
  readonly capacity?: number;
  /**
   * The rows in the order in which they are assigned when relays are full.
   * @default rising
   */
  readonly order?: () => Iterable<number>;
}

/**
 * Gives each subject `relaysPerSubject` of its relays among the chosen ones: the first in
 * the order of `chosen` (see {@link heaviestFirst}). Of equal weights those are the relays
 * that carry most subjects. Such hubs are seldom dead and seldom lose a post.
 *
 * A relay is full when its filters would have to grow far beyond what it answers
 * completely. Full relays come last, the least crowded first. A subject without another
 * choice gets a full relay all the same. (docs/choosing.md has the measurements.)
 */
export function assignRelays(
  graph: RelayGraph,
  chosen: readonly number[],
  { relaysPerSubject, capacity = Infinity, order = () => allRows(graph) }: AssignRelaysOptions,
): AssignedRelays {
  const assigner = new Assigner(graph, chosen, Math.min(relaysPerSubject, chosen.length));
  assigner.assignAll();
  if (assigner.loads.some((load) => load > capacity)) assigner.rebalance(capacity, order());
  return { relayIndexes: assigner.relayIndexes, relaysPerSubject: assigner.relaysPerSubject };
}

/**
 * The same for all rows but some, which get all of their relays among the chosen ones, or so many
 * of them, in the order of `chosen`.
 */
export function withAllRelays(
  { starts, relaysOf }: RelayGraph,
  chosen: readonly number[],
  assigned: AssignedRelays,
  rows: readonly number[],
  most = Infinity,
): AssignedRelays {
  return withOtherRelays(assigned, rows, (row) => {
    const own = relaysOf.subarray(starts[row], starts[row + 1]);
    return [...chosen.keys()].filter((index) => own.includes(chosen[index])).slice(0, most);
  });
}

/** The same for all rows but some, whose relay indexes a function gives. */
export function withOtherRelays(
  assigned: AssignedRelays,
  rows: readonly number[],
  relaysOf: (row: number) => readonly number[],
): AssignedRelays {
  if (rows.length === 0) return assigned;
  const { relayIndexes: few, relaysPerSubject: before } = assigned;
  const others = rows.map(relaysOf);
  const relaysPerSubject = others.reduce((most, { length }) => Math.max(most, length), before);
  const relayIndexes = new Int32Array(few.length / before * relaysPerSubject).fill(-1);
  for (let at = 0; at < few.length; at += before) {
    relayIndexes.set(few.subarray(at, at + before), at / before * relaysPerSubject);
  }
  rows.forEach((row, i) => relayIndexes.set(others[i], row * relaysPerSubject));
  return { relayIndexes, relaysPerSubject };
}

function allRows({ starts }: RelayGraph): Iterable<number> {
  return Array(starts.length - 1).keys();
}

/** Assigns relays to rows, and keeps count of each relay's load. */
class Assigner {
  readonly relaysPerSubject: number;
  readonly relayIndexes: Int32Array;
  /** How many subjects each relay has. */
  readonly loads: Uint32Array;
  readonly #graph: RelayGraph;
  readonly #chosen: readonly number[];
  /** The relay index of each relay id; -1 if the relay is not chosen. */
  readonly #indexOf: Int32Array;
  /** How many relays of each row are among the chosen. */
  readonly #choices: Uint32Array;
  /** The weights of the relays of the row that is being assigned. */
  readonly #rowWeights: Float64Array;
  /** The rank of each relay: the lower, the better. At first its index. */
  readonly #ranks: Float64Array;

  constructor(graph: RelayGraph, chosen: readonly number[], relaysPerSubject: number) {
    this.relaysPerSubject = relaysPerSubject;
    this.#graph = graph;
    this.#chosen = chosen;
    const rows = graph.starts.length - 1;
    this.relayIndexes = new Int32Array(rows * relaysPerSubject).fill(-1);
    this.loads = new Uint32Array(chosen.length);
    this.#choices = new Uint32Array(rows);
    this.#rowWeights = new Float64Array(relaysPerSubject);
    this.#ranks = Float64Array.from(chosen.keys());
    this.#indexOf = new Int32Array(graph.urls.length).fill(-1);
    chosen.forEach((relay, index) => this.#indexOf[relay] = index);
  }

  /** Gives every row the first of its relays, relay by relay. */
  assignAll(): void {
    const { rowStarts, rowsOf } = this.#graph;
    const { relayIndexes, loads, relaysPerSubject } = this;
    this.#chosen.forEach((relay, index) => {
      for (let at = rowStarts[relay]; at < rowStarts[relay + 1]; at++) {
        const row = rowsOf[at];
        const choices = this.#choices[row];
        if (choices < relaysPerSubject) {
          relayIndexes[row * relaysPerSubject + choices] = index;
          loads[index]++;
        }
        this.#choices[row]++;
      }
    });
    for (const row of this.#graph.weighed?.rows ?? []) this.#assignWeighed(row);
  }

  /** Gives a row the relays that weigh most for it. */
  #assignWeighed(row: number): void {
    const { starts, relaysOf, weighed } = this.#graph;
    const { relayIndexes, loads, relaysPerSubject } = this;
    const first = row * relaysPerSubject;
    for (let i = first; i < first + relaysPerSubject && relayIndexes[i] >= 0; i++) {
      loads[relayIndexes[i]]--;
    }
    const weights = this.#rowWeights;
    for (let i = 0; i < relaysPerSubject; i++) relayIndexes[first + i] = -1;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      let index = this.#indexOf[relaysOf[at]];
      let weight = weighed!.ofRelays[at];
      for (let i = 0; index >= 0 && i < relaysPerSubject; i++) {
        const other = relayIndexes[first + i];
        if (other >= 0 && (weights[i] - weight || index - other) > 0) continue;
        const otherWeight = weights[i];
        relayIndexes[first + i] = index;
        weights[i] = weight;
        index = other;
        weight = otherWeight;
      }
    }
    for (let i = first; i < first + relaysPerSubject && relayIndexes[i] >= 0; i++) {
      loads[relayIndexes[i]]++;
    }
  }

  /** Assigns the rows that have a choice again, those with the least choice first. */
  rebalance(capacity: number, order: Iterable<number>): void {
    const { relayIndexes, loads, relaysPerSubject } = this;
    const choosers = this.#choosers(order);
    for (const row of choosers) {
      for (let i = row * relaysPerSubject; i < (row + 1) * relaysPerSubject; i++) {
        loads[relayIndexes[i]]--;
        relayIndexes[i] = -1;
      }
    }
    for (let index = 0; index < loads.length; index++) this.#rerank(index, capacity);
    for (const row of choosers) {
      this.#assign(row);
      for (let i = row * relaysPerSubject; i < (row + 1) * relaysPerSubject; i++) {
        loads[relayIndexes[i]]++;
        this.#rerank(relayIndexes[i], capacity);
      }
    }
  }

  /** Gives a row the relays of the lowest rank. */
  #assign(row: number): void {
    const { starts, relaysOf } = this.#graph;
    const { relayIndexes, relaysPerSubject } = this;
    const ranks = this.#ranks;
    const first = row * relaysPerSubject;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      let candidate = this.#indexOf[relaysOf[at]];
      for (let i = first; candidate >= 0 && i < first + relaysPerSubject; i++) {
        const assigned = relayIndexes[i];
        if (assigned >= 0 && ranks[assigned] < ranks[candidate]) continue;
        relayIndexes[i] = candidate;
        candidate = assigned;
      }
    }
  }

  /**
   * The rows with more chosen relays than they need, fewest first, equals in the order given; not
   * those whose relays are weighed one by one, which keep the best.
   */
  #choosers(order: Iterable<number>): Uint32Array {
    const next = new Uint32Array(this.#chosen.length + 2);
    const weighed = this.#graph.weighed?.isWeighed;
    const isChooser = (row: number) =>
      this.#choices[row] > this.relaysPerSubject && !weighed?.[row];
    for (let row = 0; row < this.#choices.length; row++) {
      if (isChooser(row)) next[this.#choices[row] + 1]++;
    }
    for (let choices = 1; choices < next.length; choices++) next[choices] += next[choices - 1];
    const choosers = new Uint32Array(next[next.length - 1]);
    for (const row of order) {
      if (isChooser(row)) choosers[next[this.#choices[row]]++] = row;
    }
    return choosers;
  }

  /** Ranks a full relay after all others, and the lower the more subjects it has. */
  #rerank(index: number, capacity: number): void {
    const load = this.loads[index];
    this.#ranks[index] = load < capacity ? index : (load + 1) * this.loads.length + index;
  }
}
