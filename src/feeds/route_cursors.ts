/**
 * The cursors of a plan: one for each relay, each shape of a filter, and each set of subjects that
 * have been read equally far before.
 *
 * Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import {
  eventOrGroupScope,
  type FilterScope,
  MAX_SUBJECTS_PER_FILTER,
  peopleScope,
} from "../nostr/filter_subjects.ts";
import { Cursor, type KnownRange } from "./cursor.ts";

/** What cursors are made by. */
export interface RouteCursorsOptions {
  /** The newest second of the feed. */
  readonly top: number;
  /** What was read before and need not be requested; absent: everything is requested. */
  readonly known?: (
    author: string,
    url: string,
    kinds: readonly number[] | undefined,
  ) => readonly KnownRange[];
  /** Whether a relay is to be read for a subject; absent: for all. */
  readonly isMeant?: (url: string, shape: string, subject: string) => boolean;
}

/** Most cursors that one relay gets for subjects that were read differently far. */
const MAX_GROUPS = 8;

/** The filters of one shape: they differ in their subjects alone. */
interface Shape {
  readonly key: string;
  readonly filter: NostrFilter;
  readonly scope?: FilterScope;
  readonly subjects: Set<string>;
}

/** See the module. */
export function routeCursors(
  routes: ReadonlyMap<string, readonly NostrFilter[]>,
  { top, known = () => [], isMeant = () => true }: RouteCursorsOptions,
): Cursor[] {
  return [...routes].flatMap(([url, filters]) =>
    shapes(filters).flatMap((shape) => {
      const { filter, scope, key } = shape;
      const { since = 0, until = Infinity, limit: _, ...rest } = filter;
      const common = { url, shape: key, top: Math.min(top, until), floor: Math.max(0, since) };
      if (!scope) {
        return isMeant(url, key, "") ? [new Cursor({ ...common, filter: rest, subjects: [] })] : [];
      }
      const subjects = [...shape.subjects].filter((one) => isMeant(url, key, one));
      const narrow = (some: readonly string[]) => ({ ...rest, [scope.key]: [...some] });
      const isKept = canBeKept(filter);
      const ranges = (author: string) => isKept ? known(author, url, filter.kinds) : [];
      return grouped(subjects, ranges).flatMap(({ subjects, known }) =>
        parts(subjects).map((some) =>
          new Cursor({ ...common, filter: narrow(some), narrow, subjects: some, known })
        )
      );
    })
  );
}

/** The shape of a filter: all of it but its subjects. */
function shapeOf(filter: NostrFilter): string {
  const scope = scopeOfFilter(filter);
  const rest = Object.entries(filter)
    .filter(([name]) => name !== scope?.key)
    .map(([name, value]) => [name, Array.isArray(value) ? [...value].sort() : value])
    .sort(([a], [b]) => (a as string) < (b as string) ? -1 : 1);
  return JSON.stringify([scope?.key, rest]);
}

/** Whether it can be kept, by author, relay and kind, what was read by a filter. */
export function canBeKept(filter: NostrFilter): boolean {
  const names = ["authors", "kinds", "since", "until", "limit"];
  return filter.authors !== undefined &&
    Object.keys(filter).every((name) => names.includes(name) || filter[name as "#p"] === undefined);
}

function scopeOfFilter(filter: NostrFilter): FilterScope | undefined {
  return peopleScope(filter) ?? eventOrGroupScope(filter);
}

function shapes(filters: readonly NostrFilter[]): Shape[] {
  const byKey = new Map<string, Shape>();
  for (const filter of filters) {
    const scope = scopeOfFilter(filter);
    const key = shapeOf(filter);
    const shape = byKey.get(key) ?? { key, filter, scope, subjects: new Set() };
    byKey.set(key, shape);
    for (const subject of scope?.subjects ?? []) shape.subjects.add(subject);
  }
  return [...byKey.values()];
}

/** Subjects in groups that were read equally far; beyond a number of groups, as far as all were. */
function grouped(
  subjects: readonly string[],
  known: (subject: string) => readonly KnownRange[],
): { subjects: string[]; known: readonly KnownRange[] }[] {
  const groups = new Map<string, { subjects: string[]; known: readonly KnownRange[] }>();
  for (const subject of subjects) {
    const ranges = known(subject).map(({ since, until }) => ({ since, until }));
    const key = JSON.stringify(ranges);
    const group = groups.get(key);
    if (group) group.subjects.push(subject);
    else groups.set(key, { subjects: [subject], known: ranges });
  }
  const largest = [...groups.values()].sort((a, b) => b.subjects.length - a.subjects.length);
  if (largest.length <= MAX_GROUPS) return largest;
  const rest = largest.splice(MAX_GROUPS - 1);
  const ranges = rest.map(({ known }) => known).reduce(intersection);
  return [...largest, { subjects: rest.flatMap(({ subjects }) => subjects), known: ranges }];
}

/** What is in both, the newest first. */
function intersection(a: readonly KnownRange[], b: readonly KnownRange[]): KnownRange[] {
  return a.flatMap((one) =>
    b.map((other) => ({
      since: Math.max(one.since, other.since),
      until: Math.min(one.until, other.until),
    }))
  ).filter(({ since, until }) => since <= until).sort((x, y) => y.until - x.until);
}

function parts(subjects: readonly string[]): string[][] {
  const count = Math.ceil(subjects.length / MAX_SUBJECTS_PER_FILTER);
  return Array.from(
    { length: count },
    (_, i) => subjects.slice(i * MAX_SUBJECTS_PER_FILTER, (i + 1) * MAX_SUBJECTS_PER_FILTER),
  );
}
