/**
 * Each relay's share of a request, and the subjects and filters that go nowhere.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { type FilterScope, narrowFilter } from "../nostr/filter_subjects.ts";
import type { Role } from "../nostr/relay_knowledge.ts";
import type { Unrouted, UnroutedReason } from "../nostr/unrouted.ts";
import {
  ABSENT,
  type CandidateRows,
  INVALID,
  NO_LIST,
  NOWHERE,
  OWN_LIST,
  RowFinder,
} from "./candidate_rows.ts";
import type { Choice } from "./choose_relays.ts";
import type { RelayShare } from "./cut_filters.ts";
import { EXTRA_ROLES, mainRole, type ReqParts, type ScopedPart } from "./req_parts.ts";

/** A filter for relays that serve everybody: fallback or search relays. */
export interface UnscopedFilter {
  /** The index of the filter in the request. */
  readonly index: number;
  /** The filter as it was given, less the groups that are requested from their hosts. */
  readonly filter: NostrFilter;
  /** Whether it goes to the search relays instead of the fallback relays. */
  readonly isSearch: boolean;
  /** The events that it names, or whose replies, reactions or quotes it asks for. */
  readonly events?: FilterScope;
}

/** The filters for relays that serve everybody, without the groups whose hosts are known. */
export function unscopedFilters(
  { scoped, unscoped }: ReqParts,
  rows: CandidateRows,
): UnscopedFilter[] {
  const finder = new RowFinder(scoped, rows);
  return unscoped.flatMap(({ index, filter, scope }): UnscopedFilter[] => {
    const isSearch = filter.search !== undefined;
    if (scope?.role !== "group") return [{ index, filter, isSearch, events: scope }];
    const { role, subjects } = scope;
    const hostless = subjects.filter((id) => rows.origins[finder.rowOf(role, id)!] === ABSENT);
    if (hostless.length === 0) return [];
    if (hostless.length === subjects.length) return [{ index, filter, isSearch }];
    return [{ index, filter: narrowFilter(filter, scope, hostless), isSearch }];
  });
}

/** Each relay's share of each part, by relay index, and what no relay is asked for. */
export function relayShares(
  parts: ReqParts,
  unscoped: readonly UnscopedFilter[],
  rows: CandidateRows,
  choice: Choice,
): { shares: RelayShare[][]; unrouted: Unrouted[] } {
  const shares = choice.relays.map((): RelayShare[] => []);
  /** Each subject once for each filter and reason, whatever its roles. */
  const missedPeople = new Map<string, Unrouted>();
  /** Entries that name no pubkey, each filter and reason once. */
  const missedFilters = new Map<string, Unrouted>();
  const finder = new RowFinder(parts.scoped, rows);
  const { relayIndexes, relaysPerSubject } = choice.assigned;
  const isAskedAt = (role: Role) => (subject: string, index: number) => {
    const row = finder.rowOf(role, subject);
    return row !== undefined &&
      relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject).includes(index);
  };

  for (const part of parts.scoped) {
    const { role, order, subjects } = part.scope;
    const shared = choice.relays.map((): string[] => []);
    const rowOf = finder.rowsOf(part);
    /** Whether a relay is asked for a subject by a wider filter anyway. */
    const isCovered = EXTRA_ROLES.includes(role) || role === "given"
      ? isAskedAt(mainRole(part))
      : role === "id" || role === "thread"
      ? (_: string, index: number) => choice.unscoped.includes(index)
      : undefined;
    // Profiles that indexers have, drafts that private relays have: nothing is missed then.
    const replacements = EXTRA_ROLES.filter((other) =>
      role === "write" &&
      parts.scoped.some(({ index, filter, scope }) =>
        scope.role === other && index === part.index && filter === part.filter
      )
    );
    const isReplaced = (subject: string) =>
      replacements.some((other) =>
        relayIndexes[finder.rowOf(other, subject)! * relaysPerSubject] >= 0
      );
    for (let i = 0; i < order.length; i++) {
      const subject = subjects[order[i]];
      const row = rowOf(order[i]);
      const end = (row + 1) * relaysPerSubject;
      let at = row * relaysPerSubject;
      if (at === end || relayIndexes[at] < 0) {
        const reason = isReplaced(subject) ? undefined : unroutedReason(rows, row, part);
        if (reason && role !== "group") {
          const key = `${part.index} ${reason} ${subject}`;
          missedPeople.set(key, { reason, pubkey: subject, filter: part.index });
        } else if (reason) {
          missedFilters.set(`${part.index} ${reason}`, { reason, filter: part.index });
        }
      }
      for (; at < end && relayIndexes[at] >= 0; at++) {
        if (!isCovered?.(subject, relayIndexes[at])) shared[relayIndexes[at]].push(subject);
      }
    }
    shared.forEach((some, index) => {
      if (some.length > 0) shares[index].push({ part, subjects: some });
    });
  }
  for (const { index, isSearch, events } of unscoped) {
    if ((isSearch ? choice.search : choice.unscoped).length > 0) continue;
    const isRouted = (id: string) =>
      relayIndexes[finder.rowOf(events!.role, id)! * relaysPerSubject] >= 0;
    if (events?.subjects.every(isRouted)) continue;
    const reason = rows.fallbacks.length === 0 ? "no-fallback" : "cap";
    missedFilters.set(`${index} ${reason}`, { reason, filter: index });
  }
  const missed = [...missedPeople.values(), ...missedFilters.values()];
  return { shares, unrouted: [...parts.unrouted, ...missed] };
}

const REQUESTED_ELSEWHERE: ReadonlySet<Role> = new Set<Role>([
  "private",
  "index",
  "id",
  "thread",
  "given",
]);

/** Why a row has no relay; `undefined` if nothing is missed, since other relays are asked. */
function unroutedReason(
  rows: CandidateRows,
  row: number,
  { scope: { role }, isImplied }: ScopedPart,
): UnroutedReason | undefined {
  if (isImplied && rows.origins[row] !== OWN_LIST) return undefined;
  // The fallback relays are asked for these, or relays in another role.
  if (REQUESTED_ELSEWHERE.has(role)) return undefined;
  switch (rows.origins[row]) {
    case ABSENT:
      return undefined;
    case INVALID:
      return "invalid-pubkey";
    case NOWHERE:
      return role === "dm" ? "no-dm-list" : "no-group-host";
    case NO_LIST:
      return rows.fallbacks.length === 0 ? "no-list" : "cap";
    default:
      return "cap";
  }
}
