/**
 * What a session on a simulated network came to.
 *
 * @module
 */

import { tally } from "./recall_measure.ts";
import type { Losses } from "./sim_losses.ts";
import { lossesOf } from "./sim_losses.ts";
import type { SimNetwork } from "./sim_network.ts";

/** One request, from the first connection to its end. */
export interface SimOutcome {
  /** Share found of the listed authors' posts that a living relay holds. */
  readonly recall: number;
  /** The same over all follows, with a list or without. */
  readonly recallOfAll: number;
  /** Share of the listed authors with posts of whom nothing was found. */
  readonly nothing: number;
  readonly reqs: number;
  readonly filters: number;
  readonly pages: number;
  readonly refused: number;
  /** Events that came over the wire for each different one. */
  readonly movedPerNew: number;
  /** Times that a relay was opened. */
  readonly connections: number;
  /** Different relays opened or asked. */
  readonly relays: number;
  /** Of those, the dead. */
  readonly dead: number;
  /** Milliseconds until the first post. */
  readonly first: number;
  /** Milliseconds until half of what came in all was there. */
  readonly half: number;
  /** Milliseconds until nine tenths of it was there. */
  readonly most: number;
  /** Milliseconds until the end of the request. */
  readonly end: number;
  /** Why the rest is missing, in shares of the listed authors' posts. */
  readonly losses: Losses;
}

/** When each different post first came to the app. */
export class Arrivals {
  readonly #network: SimNetwork;
  readonly #start: number;
  readonly #found: Uint8Array;
  /** The times of arrival, which only grow. */
  readonly #times: number[] = [];

  /** The request begins now. */
  constructor(network: SimNetwork) {
    this.#network = network;
    this.#start = network.clock.now();
    this.#found = new Uint8Array(network.world.timeOf.length);
  }

  /** A post came, for the first time or again. */
  note(post: number): void {
    if (this.#found[post]) return;
    this.#found[post] = 1;
    this.#times.push(this.#network.clock.now() - this.#start);
  }

  /** The request ends now. */
  outcome(since: number): SimOutcome {
    const { world, clock, traffic } = this.#network;
    const { recall, recallOfAll, all, nothing, active } = tally(world, this.#found, since);
    const urls = [...traffic.asked.keys()];
    const at = (share: number) => this.#times[Math.ceil(this.#times.length * share) - 1] ?? 0;
    return {
      recall,
      recallOfAll,
      nothing: nothing / active,
      reqs: traffic.reqs,
      filters: traffic.filters,
      pages: traffic.pages,
      refused: traffic.refused,
      movedPerNew: traffic.moved / all,
      connections: traffic.connections,
      relays: urls.length,
      dead: urls.filter((url) => world.relayOf.get(url)?.dead ?? true).length,
      first: this.#times[0] ?? 0,
      half: at(0.5),
      most: at(0.9),
      end: clock.now() - this.#start,
      losses: lossesOf(world, this.#found, traffic.asked, since),
    };
  }
}
