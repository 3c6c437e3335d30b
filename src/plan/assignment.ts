/**
 * Which relays are asked for which subject, as numbers: the form of a plan that requests
 * work with.
 *
 * @module
 */

import type { Role } from "../nostr/relay_knowledge.ts";

/** The rows of one role: from `first` up to, but not including, `end`. */
export interface RoleRows {
  readonly role: Role;
  readonly first: number;
  readonly end: number;
}

/** The subjects of a request, one row each, and the relays that are to answer for each row. */
export interface Assignment {
  /** The relays of the plan, best first. A relay index points into this list. */
  readonly urls: readonly string[];
  /** The pubkey, event id or group id of each row, role after role. */
  readonly subjects: readonly string[];
  /** Which rows have which role; together they are all rows, in order. */
  readonly roles: readonly RoleRows[];
  /** The relay indexes of each row, `relaysPerSubject` entries a row; -1 fills the rest. */
  readonly relayIndexes: Int32Array;
  /** Entries a row in `relayIndexes`. */
  readonly relaysPerSubject: number;
  /**
   * How many relays an author with a list has at most: popular relays are asked for authors who
   * have more, and need not have anything of them. Absent: there are no such authors.
   */
  readonly relaysPerAuthor?: number;
  /**
   * Rows that are answered together: for a row, the row of the same subject in another role whose
   * relays have the same events. Absent: there are none.
   */
  readonly pairs?: ReadonlyMap<number, number>;
  /** The indexes of the relays that are sent unscoped filters. */
  readonly unscoped: readonly number[];
  /** The indexes of the fallback relays; absent if there are none. */
  readonly fallbacks?: readonly number[];
  /**
   * Whether the subject's own list names a relay of its row: then it is no fallback relay for that
   * subject. Absent: no list does.
   */
  readonly isListed?: (row: number, relayIndex: number) => boolean;
}

/**
 * For how many tagged users at most a request is about what mentions them: then it goes to more of
 * their inboxes, and awaits each, since who mentions somebody may deliver to any of these.
 */
export const MAX_NOTIFIED_USERS = 2;

/**
 * Whether each relay of these rows counts, however many others have answered: what answers a post,
 * or mentions one of a few users, may be at any one of them.
 */
export function isForEach({ role, first, end }: RoleRows): boolean {
  return role === "thread" || role === "read" && end - first <= MAX_NOTIFIED_USERS;
}

/** The role of a row. */
export function roleOf(roles: readonly RoleRows[], row: number): Role {
  return roles.find(({ end }) => row < end)!.role;
}

/** The subjects that a relay is asked for, each with its role in front. */
export function subjectsAt(
  { subjects, roles, relayIndexes, relaysPerSubject }: Assignment,
  relayIndex: number,
): string[] {
  return roles.flatMap(({ role, first, end }) => {
    const found: string[] = [];
    for (let at = first * relaysPerSubject; at < end * relaysPerSubject; at++) {
      if (relayIndexes[at] !== relayIndex) continue;
      found.push(`${role} ${subjects[Math.floor(at / relaysPerSubject)]}`);
    }
    return found;
  });
}
