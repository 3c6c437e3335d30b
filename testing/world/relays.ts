/**
 * The relays of a world: which are dead, how much they answer, and how fast.
 *
 * @module
 */

import { below, lognormal, type Random, shuffled } from "../random.ts";

/** One relay, with properties that a client learns only by using it. */
export interface WorldRelay {
  /** In normal form. The name says nothing about the rank. */
  readonly url: string;
  /** Position by number of authors, from 0. */
  readonly rank: number;
  /** How many of the follows list it as a write relay. */
  readonly authors: number;
  /** One of the three biggest: it loses no writes. */
  readonly hub: boolean;
  /** Never connects. */
  readonly dead: boolean;
  /** Most events that it sends per filter; then it sends EOSE as if complete. */
  readonly cap: number;
  /** Milliseconds until the socket is open. */
  readonly connectMs: number;
  /** Milliseconds from the request to the end of the answer. */
  readonly queryMs: number;
  /** `false`: alive, but never sends EOSE. */
  readonly eose: boolean;
}

/** How many of the biggest relays are hubs. */
export const HUBS = 3;
/** Multiples of it fall evenly on [0, 1). */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

function drawCap(random: Random): number {
  const at = random();
  if (at < 0.72) return 500;
  if (at < 0.87) return 1000 + below(random, 4001);
  return 100 + below(random, 251);
}

/**
 * Draws one relay per entry of `popularity`.
 *
 * @param seed Decides where the deaths begin: a run of seeds spreads them evenly, so
 * that in ten worlds about three have a dead hub, as they should, by no luck.
 */
export function drawRelays(
  random: Random,
  popularity: readonly number[],
  seed: number,
): WorldRelay[] {
  const names = shuffled(random, popularity.keys());
  // Systematic sampling: as many dead as the curve says in every stretch of
  // ranks, so that one world differs less from the next than by single dice.
  let deaths = (((seed * GOLDEN) % 1) + 1) % 1;
  return popularity.map((authors, i) => {
    const rank = i + 1;
    const before = Math.floor(deaths);
    deaths += 0.10 + 0.90 * rank / (rank + 305);
    return {
      url: `wss://r${names[i]}.example.org/`,
      rank: i,
      authors,
      hub: i < HUBS,
      dead: Math.floor(deaths) > before,
      cap: i < HUBS ? 500 : drawCap(random),
      connectMs: Math.round(lognormal(random, 650, 0.37)),
      queryMs: Math.round(lognormal(random, 900, 1.1)),
      eose: i < HUBS || random() >= 0.05,
    };
  });
}
