/**
 * Reads the subjects that a filter names, and narrows filters to some of them.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { PRIVATE_KINDS } from "./kinds.ts";
import { distinct, sortedOrder } from "./pubkeys.ts";
import type { Role } from "./relay_knowledge.ts";

/** A key of a filter whose values name subjects. */
export type SubjectKey = "authors" | "#p" | "#P" | "ids" | "#h" | ThreadKey;

/** A key of a filter whose values name events, by what answers or quotes these. */
export type ThreadKey = "#e" | "#E" | "#q" | "#a" | "#A";

/** The subjects that a filter names, and the key that names them. */
export interface FilterScope {
  /** The role in which the subjects are looked for. */
  readonly role: Role;
  /** The key to narrow. */
  readonly key: SubjectKey;
  /** The pubkeys, event ids, coordinates or group ids that the key names, each once. */
  readonly subjects: readonly string[];
  /** The indexes of `subjects` in the order that sorts them. */
  readonly order: Uint32Array;
}

const PEOPLE_KEYS: readonly SubjectKey[] = ["authors", "#p", "#P"];

/** In the order in which a filter is read: a coordinate names its author, an id does not. */
const THREAD_KEYS: readonly ThreadKey[] = ["#a", "#A", "#e", "#E", "#q"];

/** Whether a key names events by what answers or quotes these. */
export function isThreadKey(key: SubjectKey): key is ThreadKey {
  return (THREAD_KEYS as readonly SubjectKey[]).includes(key);
}

/**
 * Most subjects in any filter: 67 kB of JSON. Relays refuse messages over 128 kB (the
 * default of strfry), so this bound holds even if it makes more filters than an option
 * allows.
 */
export const MAX_SUBJECTS_PER_FILTER = 1000;

/**
 * The people that a filter names, by the first of `authors`, `#p`, `#P` that it has: an author's
 * posts are in the author's outbox, even if they tag somebody (NIP-65).
 *
 * @returns `undefined` if the filter names nobody, is a search (NIP-50; outbox relays seldom
 * search) or asks for a group (NIP-29; its posts are on the group's host).
 */
export function peopleScope(filter: NostrFilter): FilterScope | undefined {
  if (filter.search !== undefined || filter["#h"] !== undefined) return undefined;
  const key = PEOPLE_KEYS.find((key) => filter[key as "#p"] !== undefined);
  return key && scopeOf(filter, key === "authors" ? "write" : "read", key);
}

/**
 * The groups that a filter asks for (NIP-29), or else the events that it asks for by `ids`, or
 * else those whose replies, reactions or quotes it asks for, by the first of `#a`, `#A`, `#e`,
 * `#E`, `#q` that it has (NIP-10, NIP-18, NIP-22).
 *
 * @returns `undefined` if the filter names people, is a search outside groups, or names
 * nothing.
 */
export function eventOrGroupScope(filter: NostrFilter): FilterScope | undefined {
  if (filter["#h"] !== undefined) return scopeOf(filter, "group", "#h");
  if (filter.search !== undefined || peopleScope(filter)) return undefined;
  if (filter.ids !== undefined) return scopeOf(filter, "id", "ids");
  const key = THREAD_KEYS.find((key) => filter[key] !== undefined);
  return key && scopeOf(filter, "thread", key);
}

/** The subjects that a key names; the filter must have the key. */
export function scopeOf(filter: NostrFilter, role: Role, key: SubjectKey): FilterScope {
  const values = filter[key as "#p"]!;
  const order = sortedOrder(values);
  const subjects = distinct(values, order);
  return { role, key, subjects, order: subjects === values ? order : sortedOrder(subjects) };
}

/**
 * Whether some list of the filter is empty, or its time range is, so that no event can match. No
 * event is from before 1970.
 */
export function matchesNothing(filter: NostrFilter): boolean {
  if (filter.since! > filter.until! || filter.until! < 0) return true;
  return Object.values(filter).some((value) => Array.isArray(value) && value.length === 0);
}

/** Whether a filter asks for private kinds alone. */
export function isPrivateFilter({ kinds = [] }: NostrFilter): boolean {
  return kinds.length > 0 && kinds.every(isPrivateKind);
}

/**
 * How private what a filter asks for is, which says with which filters it may share a REQ: 0 for
 * public kinds and filters without kinds, 1 for kinds 4 and 1059, 2 for ephemeral gift wraps. Relays
 * that keep 4 and 1059 to those involved refuse a REQ for these alone, and count 21059 as public.
 */
export function privacyOf({ kinds = [] }: NostrFilter): 0 | 1 | 2 {
  if (kinds.length === 0 || !kinds.every(isPrivateKind)) return 0;
  return kinds.every(isEphemeralKind) ? 2 : 1;
}

/**
 * A filter as filters for public kinds, for kinds 4 and 1059, and for ephemeral gift wraps: the
 * very filter if it asks for one of these alone. One without kinds is not split.
 */
export function splitPrivateKinds(filter: NostrFilter): NostrFilter[] {
  const { kinds } = filter;
  if (!kinds?.some(isPrivateKind)) return [filter];
  const parts = [0, 1, 2].map((privacy) =>
    kinds.filter((kind) => privacyOf({ kinds: [kind] }) === privacy)
  ).filter(({ length }) => length > 0);
  return parts.length === 1 ? [filter] : parts.map((kinds) => ({ ...filter, kinds }));
}

function isPrivateKind(kind: number): boolean {
  return PRIVATE_KINDS.includes(kind);
}

/** A copy of a filter: changing the copy never changes the original. */
export function copyFilter(filter: NostrFilter): NostrFilter {
  return copyWith(filter);
}

/** The filter narrowed to some of its subjects. */
export function narrowFilter(
  filter: NostrFilter,
  { key }: FilterScope,
  subjects: readonly string[],
): NostrFilter {
  return copyWith(filter, key, subjects.slice());
}

function copyWith(filter: NostrFilter, key?: SubjectKey, values?: string[]): NostrFilter {
  const copy: Record<string, unknown> = {};
  for (const name in filter) {
    const value: unknown = filter[name as "#p"];
    if (name === key) copy[name] = values;
    else if (Array.isArray(value)) copy[name] = value.slice();
    else if (value !== undefined) copy[name] = value;
  }
  return copy as NostrFilter;
}
