/**
 * Each relay's share of a request, and what goes nowhere.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { narrowFilter, type Subjects } from "../nostr/filter_subjects.ts";
import type { Lane, Unrouted, UnroutedReason } from "../nostr/types.ts";
import { ABSENT, INVALID, NO_LIST, NOWHERE, type PlanRows, RowFinder } from "./candidate_rows.ts";
import type { Choice } from "./choose_relays.ts";
import type { Share } from "./cut_filters.ts";
import { BESIDES_WRITE, type ReqParts } from "./req_parts.ts";

/** A filter for relays that serve everybody. */
export interface OpenFilter {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given, less the groups that are asked for on their hosts. */
  readonly filter: NostrFilter;
  /** For the search relays instead of the fallback relays. */
  readonly isSearch: boolean;
  /** The events that it names. */
  readonly events?: Subjects;
}

/** The filters for relays that serve everybody. A group whose host is known is not for them. */
export function openFilters({ named, open }: ReqParts, rows: PlanRows): OpenFilter[] {
  const finder = new RowFinder(named, rows);
  return open.flatMap(({ index, filter, about }): OpenFilter[] => {
    const isSearch = filter.search !== undefined;
    if (about?.lane !== "group") return [{ index, filter, isSearch, events: about }];
    const { lane, names } = about;
    const homeless = names.filter((name) => rows.kinds[finder.rowOf(lane, name)!] === ABSENT);
    if (homeless.length === 0) return [];
    if (homeless.length === names.length) return [{ index, filter, isSearch }];
    return [{ index, filter: narrowFilter(filter, about, homeless), isSearch }];
  });
}

/** Each relay's share of each part, by place, and what no relay is asked for. */
export function shareOut(
  parts: ReqParts,
  open: readonly OpenFilter[],
  rows: PlanRows,
  choice: Choice,
): { shares: Share[][]; unrouted: Unrouted[] } {
  const shares = choice.relays.map((): Share[] => []);
  const unrouted = [...parts.unrouted];
  /** What names no people, each filter and reason once. */
  const missed = new Map<string, Unrouted>();
  const finder = new RowFinder(parts.named, rows);
  const { places, copies } = choice.deal;
  const isAuthorAt = (name: string, place: number) => {
    const row = finder.rowOf("write", name);
    return row !== undefined && places.subarray(row * copies, (row + 1) * copies).includes(place);
  };

  for (const part of parts.named) {
    const { lane, order, names } = part.about;
    const shared = choice.relays.map((): string[] => []);
    const rowOf = finder.rowsOf(part);
    const hasAnyway = BESIDES_WRITE.includes(lane)
      ? isAuthorAt
      : lane === "id"
      ? (_: string, place: number) => choice.open.includes(place)
      : undefined;
    // Profiles that indexers have, drafts that private relays have: nothing is missed then.
    const instead = BESIDES_WRITE.filter((other) =>
      lane === "write" &&
      parts.named.some(({ index, filter, about }) =>
        about.lane === other && index === part.index && filter === part.filter
      )
    );
    const isElsewhere = (name: string) =>
      instead.some((other) => places[finder.rowOf(other, name)! * copies] >= 0);
    for (let i = 0; i < order.length; i++) {
      const name = names[order[i]];
      const row = rowOf(order[i]);
      const end = (row + 1) * copies;
      let at = row * copies;
      if (at === end || places[at] < 0) {
        const reason = isElsewhere(name) ? undefined : unroutedReason(rows, row, lane);
        if (reason && lane !== "group") unrouted.push({ reason, pubkey: name, filter: part.index });
        else if (reason) missed.set(`${part.index} ${reason}`, { reason, filter: part.index });
      }
      for (; at < end && places[at] >= 0; at++) {
        if (!hasAnyway?.(name, places[at])) shared[places[at]].push(name);
      }
    }
    shared.forEach((some, place) => {
      if (some.length > 0) shares[place].push({ part, names: some });
    });
  }
  for (const { index, isSearch, events } of open) {
    if ((isSearch ? choice.search : choice.open).length > 0) continue;
    const isAsked = (id: string) => places[finder.rowOf("id", id)! * copies] >= 0;
    if (events?.names.every(isAsked)) continue;
    const reason = rows.fallbacks.length === 0 ? "no-fallback" : "cap";
    missed.set(`${index} ${reason}`, { reason, filter: index });
  }
  return { shares, unrouted: [...unrouted, ...missed.values()] };
}

/** Why a row has no relay; `undefined` where none is missed, since others are asked anyway. */
function unroutedReason(rows: PlanRows, row: number, lane: Lane): UnroutedReason | undefined {
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
