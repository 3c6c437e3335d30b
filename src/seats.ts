/**
 * Who is asked for where, as numbers: what a plan leaves to those who carry it out.
 *
 * @module
 */

/** The people of a request and the relays that are to answer for each. */
export interface Seats {
  /** The relays of the plan, best first; a place is an index in it. */
  readonly urls: readonly string[];
  /** The people: first all authors, then all tagged users. */
  readonly pubkeys: readonly string[];
  /** How many, from the top, are authors. */
  readonly authors: number;
  /** The places of each person, `copies` entries a person, -1 where there is none. */
  readonly places: Int32Array;
  /** Entries a person. */
  readonly copies: number;
  /** The places that are asked filters which name nobody. */
  readonly open: readonly number[];
}
