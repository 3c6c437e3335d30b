/**
 * What relays are asked, and who sits where, given what each is to be asked for.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Lane } from "../nostr/types.ts";
import type { LaneRows, Seats } from "../plan/assignment.ts";
import { cutFilters } from "../plan/cut_filters.ts";
import type { PlanSettings } from "../plan/plan_options.ts";
import { BESIDES_WRITE, type NamedPart, type ReqParts } from "../plan/req_parts.ts";
import type { LiveRow } from "./live_relays.ts";

/** Part of a plan. */
export interface LiveShares {
  /** The filters for each relay. */
  readonly routes: ReadonlyMap<string, NostrFilter[]>;
  readonly seats: Seats;
}

/**
 * The filters of a request for what each relay is asked for, and the seats that go with
 * them. What is asked as a whole (`open`) is left out.
 */
export function liveShares(
  parts: ReqParts,
  asked: ReadonlyMap<string, Iterable<LiveRow>>,
  settings: PlanSettings,
): LiveShares {
  const urls = [...asked.keys()];
  const placesOf = new Map<Lane, Map<string, number[]>>();
  const routes = new Map<string, NostrFilter[]>();
  const namesOf = partNames(parts);

  urls.forEach((url, place) => {
    const wanted = new Map<Lane, string[]>();
    for (const { lane, key } of asked.get(url)!) {
      if (lane === "open") continue;
      add(wanted, lane, key);
      const rows = placesOf.get(lane) ?? new Map<string, number[]>();
      placesOf.set(lane, rows);
      add(rows, key, place);
    }
    const authors = new Set(wanted.get("write"));
    const shares = parts.named.flatMap((part) => {
      const { lane } = part.about;
      let names = namesOf(part, wanted.get(lane) ?? []);
      // As authors they are asked for with all kinds.
      if (BESIDES_WRITE.includes(lane)) names = names.filter((name) => !authors.has(name));
      return names.length > 0 ? [{ part, names }] : [];
    });
    const filters = cutFilters(shares, settings);
    if (filters.length > 0) routes.set(url, filters);
  });
  return { routes, seats: seated(urls, placesOf) };
}

/** Finds those names that a part has. */
function partNames(parts: ReqParts): (part: NamedPart, names: string[]) => string[] {
  const sets = new Map<NamedPart, ReadonlySet<string>>();
  return (part, names) => {
    const { lane, names: own } = part.about;
    const isOnly = parts.named.every((other) => other === part || other.about.lane !== lane);
    if (isOnly || names.length === 0) return names;
    const set = sets.get(part) ?? new Set(own);
    sets.set(part, set);
    return names.filter((name) => set.has(name));
  };
}

function seated(
  urls: readonly string[],
  placesOf: ReadonlyMap<Lane, ReadonlyMap<string, readonly number[]>>,
): Seats {
  const names: string[] = [];
  const lanes: LaneRows[] = [];
  const rows: (readonly number[])[] = [];
  for (const [lane, placesOfNames] of placesOf) {
    const first = names.length;
    for (const [name, places] of placesOfNames) {
      names.push(name);
      rows.push(places);
    }
    lanes.push({ lane, first, end: names.length });
  }
  const copies = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const places = new Int32Array(rows.length * copies).fill(-1);
  rows.forEach((own, row) => places.set(own, row * copies));
  return { urls, names, lanes, places, copies, open: [] };
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
