/**
 * Which authors list which relays, with the counts and the skew of real follow lists.
 *
 * @module
 */

import { below, lognormal, type Random, shuffled } from "../random.ts";

/** Relays by popularity rank, and per author the ranks of their write relays. */
export interface Graph {
  /** How many authors list the relay of that rank; falls with the rank. */
  readonly popularity: readonly number[];
  /** Per listed author the ranks of the relays they write to. */
  readonly writes: readonly (readonly number[])[];
}

/** Share of the listed authors on each of the three big relays. */
const TOP_SHARES = [0.70, 0.62, 0.52];
/** Mean share on ranks 4 to 20, and the share on rank 50. */
const MIDDLE_SHARE = 0.145, RANK_50_SHARE = 0.024;
/** Share of relays that serve a single author. */
const SINGLE_AUTHOR_SHARE = 0.57;
/** Write relays per author: a lognormal with p10/50/90/99 of about 3/6/15/30. */
const LIST_MEDIAN = 6.2,
  LIST_SIGMA = 0.66,
  SHORTEST_LIST = 2,
  LONGEST_LIST = 47;

/**
 * Share of authors who write only to one or two relays of their own: with them as
 * many authors lose all their relays as really do.
 */
const HERMIT_SHARE = 0.01;

/** How many authors the relay of each rank serves; at least one. */
export function drawPopularity(follows: number, listed: number): number[] {
  const relays = Math.round(4.9 * follows ** 0.733);
  const shared = Math.max(21, Math.round(relays * (1 - SINGLE_AUTHOR_SHARE)));
  const slope = 1;
  let sum = 0;
  for (let rank = 4; rank <= 20; rank++) sum += rank ** -slope;
  const scale = MIDDLE_SHARE * 17 / sum;
  const at20 = scale * 20 ** -slope;
  const between = (
    rank: number,
    r0: number,
    s0: number,
    r1: number,
    s1: number,
  ) => s0 * (rank / r0) ** (Math.log(s1 / s0) / Math.log(r1 / r0));
  const share = (rank: number): number => {
    if (rank <= 3) return TOP_SHARES[rank - 1];
    if (rank <= 20) return scale * rank ** -slope;
    if (rank <= 50) return between(rank, 20, at20, 50, RANK_50_SHARE);
    return between(rank, 50, RANK_50_SHARE, shared, 1.6 / listed);
  };
  return Array.from({ length: relays }, (_, i) => {
    if (i >= shared) return 1;
    const count = Math.round(share(i + 1) * listed);
    return Math.min(listed, Math.max(2, count));
  }).sort((a, b) => b - a);
}

/** Draws the lists: each relay draws its authors, more often those with room left in their lists. */
export function drawGraph(
  random: Random,
  follows: number,
  listed: number,
): Graph {
  const popularity = drawPopularity(follows, listed);
  const room = Float64Array.from({ length: listed }, () => {
    const size = Math.round(lognormal(random, LIST_MEDIAN, LIST_SIGMA));
    return Math.min(LONGEST_LIST, Math.max(SHORTEST_LIST, size));
  });
  const writes: number[][] = Array.from({ length: listed }, () => []);
  const give = (author: number, rank: number) => {
    writes[author].push(rank);
    room[author]--;
  };
  const own = shuffled(random, popularity.keys())
    .filter((rank) => popularity[rank] === 1);
  for (let author = 0; author < listed * HERMIT_SHARE; author++) {
    room[author] = 1 + below(random, 2);
    for (let i = room[author]; i > 0; i--) give(author, own.pop()!);
  }
  const hermits = Math.ceil(listed * HERMIT_SHARE);
  popularity.forEach((count, rank) => {
    if (count === 1 && !own.includes(rank)) return;
    // The `count` smallest of exponential keys are a weighted sample.
    const keys = Array.from(room, (left, author) => {
      const weight = author < hermits ? 1e-9 : Math.max(left, 0.02);
      return { author, key: -Math.log(1 - random()) / weight };
    }).sort((a, b) => a.key - b.key);
    for (let i = 0; i < count; i++) give(keys[i].author, rank);
  });
  // A list names at least one relay: an author without one gets the biggest.
  for (let author = 0; author < listed; author++) {
    if (writes[author].length === 0) give(author, 0);
  }
  return { popularity, writes };
}
