/**
 * Who and what is asked for where, as numbers: what a plan leaves to those who carry
 * it out.
 *
 * @module
 */

import type { Lane } from "../nostr/types.ts";

/** The rows of one lane: those from `first` on, before `end`. */
export interface LaneRows {
  readonly lane: Lane;
  readonly first: number;
  readonly end: number;
}

/** What a request asks for, a row each, and the relays that are to answer for it. */
export interface Seats {
  /** The relays of the plan, best first; a place is an index in it. */
  readonly urls: readonly string[];
  /** The pubkey, event id or group id of each row, lane after lane. */
  readonly names: readonly string[];
  /** Which rows are of which lane; together all of them, in their order. */
  readonly lanes: readonly LaneRows[];
  /** The places of each row, `copies` entries a row, -1 where there is none. */
  readonly places: Int32Array;
  /** Entries a row. */
  readonly copies: number;
  /** The places that are asked filters which are not narrowed. */
  readonly open: readonly number[];
}

/** The lane of a row. */
export function laneOf(lanes: readonly LaneRows[], row: number): Lane {
  return lanes.find(({ end }) => row < end)!.lane;
}
