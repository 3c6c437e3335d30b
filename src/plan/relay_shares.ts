/**
 * Each relay's share of a request, and what goes nowhere.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { type FilterScope, narrowFilter } from "../nostr/filter_subjects.ts";
import type { Role, Unrouted, UnroutedReason } from "../nostr/types.ts";
import {
  ABSENT,
  type CandidateRows,
  INVALID,
  NO_LIST,
  NOWHERE,
  RowFinder,
} from "./candidate_rows.ts";
import type { Choice } from "./choose_relays.ts";
import type { RelayShare } from "./cut_filters.ts";
import { EXTRA_ROLES, type ReqParts } from "./req_parts.ts";

/** A filter for relays that serve everybody. */
export interface UnscopedFilter {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given, less the groups that are asked for on their hosts. */
  readonly filter: NostrFilter;
  /** For the search relays instead of the fallback relays. */
  readonly isSearch: boolean;
  /** The events that it names. */
  readonly events?: FilterScope;
}

/** The filters for relays that serve everybody. A group whose host is known is not for them. */
export function unscopedFilters(
  { scoped, unscoped }: ReqParts,
  rows: CandidateRows,
): UnscopedFilter[] {
  const finder = new RowFinder(scoped, rows);
  return unscoped.flatMap(({ index, filter, about }): UnscopedFilter[] => {
    const isSearch = filter.search !== undefined;
    if (about?.role !== "group") return [{ index, filter, isSearch, events: about }];
    const { role, subjects } = about;
    const homeless = subjects.filter((name) => rows.kinds[finder.rowOf(role, name)!] === ABSENT);
    if (homeless.length === 0) return [];
    if (homeless.length === subjects.length) return [{ index, filter, isSearch }];
    return [{ index, filter: narrowFilter(filter, about, homeless), isSearch }];
  });
}

/** Each relay's share of each part, by place, and what no relay is asked for. */
export function relayShares(
  parts: ReqParts,
  open: readonly UnscopedFilter[],
  rows: CandidateRows,
  choice: Choice,
): { shares: RelayShare[][]; unrouted: Unrouted[] } {
  const shares = choice.relays.map((): RelayShare[] => []);
  const unrouted = [...parts.unrouted];
  /** What names no people, each filter and reason once. */
  const missed = new Map<string, Unrouted>();
  const finder = new RowFinder(parts.scoped, rows);
  const { relayIndexes, relaysPerSubject } = choice.assigned;
  const isAuthorAt = (name: string, place: number) => {
    const row = finder.rowOf("write", name);
    return row !== undefined &&
      relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject).includes(place);
  };

  for (const part of parts.scoped) {
    const { role, order, subjects } = part.scope;
    const shared = choice.relays.map((): string[] => []);
    const rowOf = finder.rowsOf(part);
    const hasAnyway = EXTRA_ROLES.includes(role)
      ? isAuthorAt
      : role === "id"
      ? (_: string, place: number) => choice.unscoped.includes(place)
      : undefined;
    // Profiles that indexers have, drafts that private relays have: nothing is missed then.
    const instead = EXTRA_ROLES.filter((other) =>
      role === "write" &&
      parts.scoped.some(({ index, filter, scope }) =>
        scope.role === other && index === part.index && filter === part.filter
      )
    );
    const isElsewhere = (name: string) =>
      instead.some((other) => relayIndexes[finder.rowOf(other, name)! * relaysPerSubject] >= 0);
    for (let i = 0; i < order.length; i++) {
      const name = subjects[order[i]];
      const row = rowOf(order[i]);
      const end = (row + 1) * relaysPerSubject;
      let at = row * relaysPerSubject;
      if (at === end || relayIndexes[at] < 0) {
        const reason = isElsewhere(name) ? undefined : unroutedReason(rows, row, role);
        if (reason && role !== "group") unrouted.push({ reason, pubkey: name, filter: part.index });
        else if (reason) missed.set(`${part.index} ${reason}`, { reason, filter: part.index });
      }
      for (; at < end && relayIndexes[at] >= 0; at++) {
        if (!hasAnyway?.(name, relayIndexes[at])) shared[relayIndexes[at]].push(name);
      }
    }
    shared.forEach((some, place) => {
      if (some.length > 0) shares[place].push({ part, subjects: some });
    });
  }
  for (const { index, isSearch, events } of open) {
    if ((isSearch ? choice.search : choice.unscoped).length > 0) continue;
    const isAsked = (id: string) => relayIndexes[finder.rowOf("id", id)! * relaysPerSubject] >= 0;
    if (events?.subjects.every(isAsked)) continue;
    const reason = rows.fallbacks.length === 0 ? "no-fallback" : "cap";
    missed.set(`${index} ${reason}`, { reason, filter: index });
  }
  return { shares, unrouted: [...unrouted, ...missed.values()] };
}

/** Why a row has no relay; `undefined` where none is missed, since others are asked anyway. */
function unroutedReason(rows: CandidateRows, row: number, lane: Role): UnroutedReason | undefined {
  if (lane === "private" || lane === "index" || lane === "id") return undefined;
  switch (rows.kinds[row]) {
    case ABSENT:
      return undefined;
    case INVALID:
      return "invalid-pubkey";
    case NOWHERE:
      return lane === "dm" ? "no-dm-list" : "no-group-host";
    case NO_LIST:
      return rows.fallbacks.length === 0 ? "no-list" : "cap";
    default:
      return "cap";
  }
}
