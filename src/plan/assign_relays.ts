/**
 * Deals people to the relays that were chosen.
 *
 * @module
 */

import type { RelayGraph } from "./relay_graph.ts";

/** Who is asked for where, as places in the list of chosen relays. */
export interface AssignedRelays {
  /** The places of each person, `copies` entries a person, best first, -1 where there is none. */
  readonly relayIndexes: Int32Array;
  /** Entries a person. */
  readonly relaysPerSubject: number;
}

/**
 * Chosen relays by weight, the heaviest first; equals stay as they were chosen.
 */
export function heaviestFirst(graph: RelayGraph, chosen: readonly number[]): number[] {
  return [...chosen].sort((a, b) => graph.weights[b] - graph.weights[a]);
}

/** How people are dealt. */
export interface AssignRelaysOptions {
  /** On how many relays each person is asked for. */
  readonly relaysPerSubject: number;
  /**
   * How many people a relay takes before it counts as full.
   * @default any number
   */
  readonly room?: number;
  /**
   * The rows in an order of their own, which decides who gets the last places.
   * @default as they come
   */
  readonly order?: () => Iterable<number>;
}

/**
 * Gives each person `copies` of their relays among the chosen, the first of them
 * in the order of `chosen` (see {@link heaviestFirst}): of equals, those that carry
 * most people. Such hubs are seldom dead and seldom lose a post.
 *
 * A relay is full when its filters would have to grow far beyond what it answers
 * completely. Full relays come last, the least crowded first; whoever has no
 * other choice gets their place. (docs/choosing.md has what was measured.)
 */
export function assignRelays(
  graph: RelayGraph,
  chosen: readonly number[],
  { relaysPerSubject, room = Infinity, order = () => rowsOf(graph) }: AssignRelaysOptions,
): AssignedRelays {
  const table = new Assigner(graph, chosen, Math.min(relaysPerSubject, chosen.length));
  table.assignAll();
  if (table.load.some((people) => people > room)) table.rebalance(room, order());
  return { relayIndexes: table.places, relaysPerSubject: table.copies };
}

function rowsOf({ starts }: RelayGraph): Iterable<number> {
  return Array(starts.length - 1).keys();
}

/** The seats of everyone, and who prefers which. */
class Assigner {
  readonly copies: number;
  readonly places: Int32Array;
  /** How many people each place has. */
  readonly load: Uint32Array;
  readonly #graph: RelayGraph;
  readonly #chosen: readonly number[];
  readonly #placeOf: Int32Array;
  /** How many of their relays are among the chosen, for each person. */
  readonly #choices: Uint32Array;
  /** The lower, the better a place: at first its rank among the chosen. */
  readonly #rank: Float64Array;

  constructor(graph: RelayGraph, chosen: readonly number[], copies: number) {
    this.copies = copies;
    this.#graph = graph;
    this.#chosen = chosen;
    const people = graph.starts.length - 1;
    this.places = new Int32Array(people * copies).fill(-1);
    this.load = new Uint32Array(chosen.length);
    this.#choices = new Uint32Array(people);
    this.#rank = Float64Array.from(chosen.keys());
    this.#placeOf = new Int32Array(graph.urls.length).fill(-1);
    chosen.forEach((relay, place) => this.#placeOf[relay] = place);
  }

  /** Gives everyone the first of their places, place by place. */
  assignAll(): void {
    const { rowStarts, rowsOf } = this.#graph;
    const { places, load, copies } = this;
    this.#chosen.forEach((relay, place) => {
      for (let at = rowStarts[relay]; at < rowStarts[relay + 1]; at++) {
        const person = rowsOf[at];
        const choices = this.#choices[person];
        if (choices < copies) {
          places[person * copies + choices] = place;
          load[place]++;
        }
        this.#choices[person]++;
      }
    });
  }

  /** Seats those who have a choice anew, those with the least choice first. */
  rebalance(room: number, order: Iterable<number>): void {
    const { places, load, copies } = this;
    const choosers = this.#choosers(order);
    for (const person of choosers) {
      for (let i = person * copies; i < (person + 1) * copies; i++) {
        load[places[i]]--;
        places[i] = -1;
      }
    }
    for (let place = 0; place < load.length; place++) this.#rerank(place, room);
    for (const person of choosers) {
      this.#seat(person);
      for (let i = person * copies; i < (person + 1) * copies; i++) {
        load[places[i]]++;
        this.#rerank(places[i], room);
      }
    }
  }

  /** Gives a person the places of the lowest rank. */
  #seat(person: number): void {
    const { starts, relaysOf } = this.#graph;
    const { places, copies } = this;
    const rank = this.#rank;
    const first = person * copies;
    for (let at = starts[person]; at < starts[person + 1]; at++) {
      let coming = this.#placeOf[relaysOf[at]];
      for (let i = first; coming >= 0 && i < first + copies; i++) {
        const sitting = places[i];
        if (sitting >= 0 && rank[sitting] < rank[coming]) continue;
        places[i] = coming;
        coming = sitting;
      }
    }
  }

  /** Who has more chosen relays than seats, by their number, equals in the order given. */
  #choosers(order: Iterable<number>): Uint32Array {
    const next = new Uint32Array(this.#chosen.length + 2);
    for (const choices of this.#choices) if (choices > this.copies) next[choices + 1]++;
    for (let choices = 1; choices < next.length; choices++) next[choices] += next[choices - 1];
    const choosers = new Uint32Array(next[next.length - 1]);
    for (const person of order) {
      const choices = this.#choices[person];
      if (choices > this.copies) choosers[next[choices]++] = person;
    }
    return choosers;
  }

  /** A full place comes after all others, and the later the more people it has. */
  #rerank(place: number, room: number): void {
    const people = this.load[place];
    this.#rank[place] = people < room ? place : (people + 1) * this.load.length + place;
  }
}
