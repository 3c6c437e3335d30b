/**
 * Which subjects each relay of a request is asked for.
 *
 * Pure.
 *
 * @module
 */

import type { Role } from "../nostr/relay_knowledge.ts";
import type { Assignment } from "../plan/assignment.ts";

/** What a request asks for in one role; the same object in every plan of the request. */
export interface LiveSubject {
  /** Which relays count; `unscoped` for all filters that name no subject. */
  readonly role: Role | "unscoped";
  /** A pubkey, or the id of an event or group; empty where the role is `unscoped`. */
  readonly subject: string;
}

/** The subjects of each relay, by its URL. */
export type SubjectsByRelay = ReadonlyMap<string, ReadonlySet<LiveSubject>>;

/** All filters of a request that name no subject. */
export function unscopedSubject(): LiveSubject {
  return { role: "unscoped", subject: "" };
}

/** What an assignment asks each relay for. */
export function askedSubjects(assignment: Assignment): SubjectsByRelay {
  const { urls, unscoped } = assignment;
  const unscopedRelays = unscoped.map((relayIndex) => urls[relayIndex]);
  return subjectsByRelay(
    subjectsByRow(assignment),
    relaysByRow(assignment),
    unscopedRelays,
    unscopedSubject(),
  );
}

/** The subjects of each relay, from the relays of each subject, by row. */
export function subjectsByRelay(
  subjects: readonly LiveSubject[],
  relays: readonly (readonly string[])[],
  unscopedRelays: readonly string[],
  unscoped: LiveSubject,
): SubjectsByRelay {
  const asked = new Map<string, Set<LiveSubject>>();
  const add = (url: string, subject: LiveSubject) => {
    const others = asked.get(url);
    if (others) others.add(subject);
    else asked.set(url, new Set([subject]));
  };
  relays.forEach((urls, row) => {
    for (const url of urls) add(url, subjects[row]);
  });
  for (const url of unscopedRelays) add(url, unscoped);
  return asked;
}

/** The subjects of an assignment, by row. */
export function subjectsByRow(
  { subjects, roles }: Pick<Assignment, "subjects" | "roles">,
): LiveSubject[] {
  return roles.flatMap(({ role, first, end }) =>
    subjects.slice(first, end).map((subject): LiveSubject => ({ role, subject }))
  );
}

/** The relays of each row of an assignment. */
export function relaysByRow(
  { urls, subjects, relayIndexes, relaysPerSubject }: Assignment,
): string[][] {
  return subjects.map((_, row) => {
    const relays: string[] = [];
    const end = (row + 1) * relaysPerSubject;
    for (let at = row * relaysPerSubject; at < end && relayIndexes[at] >= 0; at++) {
      relays.push(urls[relayIndexes[at]]);
    }
    return relays;
  });
}
