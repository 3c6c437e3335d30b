/**
 * Who and what is asked for where, as numbers: what a plan leaves to those who carry
 * it out.
 *
 * @module
 */

import type { Role } from "../nostr/types.ts";

/** The rows of one lane: those from `first` on, before `end`. */
export interface RoleRows {
  readonly role: Role;
  readonly first: number;
  readonly end: number;
}

/** What a request asks for, a row each, and the relays that are to answer for it. */
export interface Assignment {
  /** The relays of the plan, best first; a place is an index in it. */
  readonly urls: readonly string[];
  /** The pubkey, event id or group id of each row, lane after lane. */
  readonly subjects: readonly string[];
  /** Which rows are of which lane; together all of them, in their order. */
  readonly roles: readonly RoleRows[];
  /** The places of each row, `copies` entries a row, -1 where there is none. */
  readonly relayIndexes: Int32Array;
  /** Entries a row. */
  readonly relaysPerSubject: number;
  /** The places that are asked filters which are not narrowed. */
  readonly unscoped: readonly number[];
}

/** The lane of a row. */
export function roleOf(lanes: readonly RoleRows[], row: number): Role {
  return lanes.find(({ end }) => row < end)!.role;
}
