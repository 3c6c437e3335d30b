/**
 * How far the relays of some of a request's subjects have come.
 *
 * @module
 */

import type { Role } from "../nostr/relay_knowledge.ts";
import type { Progress } from "./completion.ts";

/** Rows, and one of them that was not covered when they were last looked at, if there was one. */
export interface Rows {
  readonly rows: readonly number[];
  uncovered?: number;
}

/** The rows of some subjects, and the relays that are asked for them. */
export interface RowsInScope extends Rows {
  readonly relays: readonly number[];
  readonly urls: readonly string[];
}

/** Some of what a request asks for. */
export interface RequestScope {
  readonly subjects: ReadonlyMap<Role, ReadonlySet<string>>;
  /** Whether unscoped filters are part of it. */
  readonly hasUnscoped: boolean;
}

/** How far the relays that are asked for some of a request's subjects have come. */
export interface ScopeProgress extends Progress {
  /** Whether one of them answered. */
  readonly isAnswered: boolean;
  /** Which relays these are. */
  readonly urls: readonly string[];
}

/** How far a request and those that are part of it have come; `isEssential`: waited for as itself. */
export function joinProgress(
  own: ScopeProgress,
  parts: readonly (ScopeProgress & { isDone: boolean; isEssential: boolean })[],
): ScopeProgress {
  const open = parts.filter(({ isDone, isCovered, isSettled, isPending }) =>
    !isDone && !(isCovered && isSettled && !isPending)
  );
  return {
    ...own,
    isCovered: own.isCovered && !open.some(({ isEssential }) => isEssential),
    isPending: open.length > 0,
    isAnswered: own.isAnswered || parts.some(({ isAnswered }) => isAnswered),
    urls: [...own.urls, ...parts.flatMap(({ urls }) => urls)],
  };
}

/** The rows of those subjects that have one; whichever are fewer are looked through. */
export function rowsAmong(
  subjects: ReadonlySet<string>,
  rowOf: ReadonlyMap<string, number>,
): number[] {
  const rows: number[] = [];
  if (rowOf.size < subjects.size) {
    for (const [subject, row] of rowOf) if (subjects.has(subject)) rows.push(row);
  } else {
    for (const subject of subjects) {
      const row = rowOf.get(subject);
      if (row !== undefined) rows.push(row);
    }
  }
  return rows;
}
