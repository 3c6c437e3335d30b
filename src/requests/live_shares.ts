/**
 * What relays are asked, and who sits where, given what each is to be asked for.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Role } from "../nostr/types.ts";
import type { Assignment, RoleRows } from "../plan/assignment.ts";
import { cutFilters } from "../plan/cut_filters.ts";
import type { PlanSettings } from "../plan/plan_options.ts";
import { EXTRA_ROLES, type ReqParts, type ScopedPart } from "../plan/req_parts.ts";
import type { LiveRow } from "./live_relays.ts";

/** Part of a plan. */
export interface LiveShares {
  /** The filters for each relay. */
  readonly routes: ReadonlyMap<string, NostrFilter[]>;
  readonly assignment: Assignment;
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
  const placesOf = new Map<Role, Map<string, number[]>>();
  const routes = new Map<string, NostrFilter[]>();
  const namesOf = partNames(parts);

  urls.forEach((url, place) => {
    const wanted = new Map<Role, string[]>();
    for (const { role, subject } of asked.get(url)!) {
      if (role === "open") continue;
      add(wanted, role, subject);
      const rows = placesOf.get(role) ?? new Map<string, number[]>();
      placesOf.set(role, rows);
      add(rows, subject, place);
    }
    const authors = new Set(wanted.get("write"));
    const shares = parts.scoped.flatMap((part) => {
      const { role } = part.scope;
      let names = namesOf(part, wanted.get(role) ?? []);
      // As authors they are asked for with all kinds.
      if (EXTRA_ROLES.includes(role)) names = names.filter((name) => !authors.has(name));
      return names.length > 0 ? [{ part, subjects: names }] : [];
    });
    const filters = cutFilters(shares, settings);
    if (filters.length > 0) routes.set(url, filters);
  });
  return { routes, assignment: seated(urls, placesOf) };
}

/** Finds those names that a part has. */
function partNames(parts: ReqParts): (part: ScopedPart, names: string[]) => string[] {
  const sets = new Map<ScopedPart, ReadonlySet<string>>();
  return (part, names) => {
    const { role, subjects: own } = part.scope;
    const isOnly = parts.scoped.every((other) => other === part || other.scope.role !== role);
    if (isOnly || names.length === 0) return names;
    const set = sets.get(part) ?? new Set(own);
    sets.set(part, set);
    return names.filter((name) => set.has(name));
  };
}

function seated(
  urls: readonly string[],
  placesOf: ReadonlyMap<Role, ReadonlyMap<string, readonly number[]>>,
): Assignment {
  const subjects: string[] = [];
  const roles: RoleRows[] = [];
  const rows: (readonly number[])[] = [];
  for (const [role, placesOfNames] of placesOf) {
    const first = subjects.length;
    for (const [name, places] of placesOfNames) {
      subjects.push(name);
      rows.push(places);
    }
    roles.push({ role, first, end: subjects.length });
  }
  const relaysPerSubject = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const relayIndexes = new Int32Array(rows.length * relaysPerSubject).fill(-1);
  rows.forEach((own, row) => relayIndexes.set(own, row * relaysPerSubject));
  return { urls, subjects, roles, relayIndexes, relaysPerSubject, unscoped: [] };
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
