/**
 * How far a feed has come: who is complete when, and which relays are behind. Pure.
 *
 * @module
 */

import type { ExplorerData } from "../explorer_data.ts";

/** How many people are complete at one time. */
export interface FeedPoint {
  /** In Unix seconds. */
  readonly time: number;
  /** By a proof. */
  readonly proved: number;
  /** By inference. */
  readonly inferred: number;
}

/** A relay that is behind the others. */
export interface RelayBehind {
  /** By index in `data.relays`. */
  readonly relay: number;
  /** For how many people it lacks the newest, or all. */
  readonly people: number;
  /** Up to when it has answered completely for at least one of them; absent: never. */
  readonly until?: number;
  /** Why it cannot answer; empty if it can. */
  readonly reason: string;
}

/** How far a feed has come. */
export interface FeedProgress {
  /** People of whom anything was reported. */
  readonly people: number;
  /** Up to when the first is complete, in Unix seconds; absent: nobody is. */
  readonly newest?: number;
  /** How many are complete up to about then. */
  readonly upToDate: number;
  /** How many are complete up to an earlier time. */
  readonly late: number;
  /** How many are not known to be complete at any time. */
  readonly unknown: number;
  readonly points: readonly FeedPoint[];
  /** Those with the most people first. */
  readonly behind: readonly RelayBehind[];
}

/** Whoever is complete up to this many seconds before the newest is up to date. */
const TOLERANCE_S = 900;

/** How far the feed of some data has come, over the last `seconds`. */
export function feedProgress(data: ExplorerData, seconds: number, points = 120): FeedProgress {
  const feeds = data.people.flatMap(({ feed }) => feed ? [feed] : []);
  const complete = feeds.flatMap(({ complete }) => complete ? [complete] : []);
  const newest = complete.length === 0
    ? undefined
    : complete.reduce((newest, [, until]) => Math.max(newest, until), 0);
  const due = (newest ?? Infinity) - TOLERANCE_S;
  const upToDate = complete.filter(([, until]) => until >= due).length;
  return {
    people: feeds.length,
    ...newest === undefined ? {} : { newest },
    upToDate,
    late: complete.length - upToDate,
    unknown: feeds.length - complete.length,
    points: Array.from({ length: points }, (_, i) => {
      const time = data.madeAt - seconds + (i + 1) * seconds / points;
      const here = complete.filter(([since, until]) => since <= time && time <= until);
      const inferred = here.filter(([, , proof]) => proof === "inferred").length;
      return { time, proved: here.length - inferred, inferred };
    }),
    behind: relaysBehind(feeds, due),
  };
}

function relaysBehind(
  feeds: readonly NonNullable<ExplorerData["people"][number]["feed"]>[],
  due: number,
): RelayBehind[] {
  const behind = new Map<number, RelayBehind>();
  for (const [relay, reason, spans] of feeds.flatMap(({ relays }) => relays)) {
    const until = spans.reduce((newest, [, until]) => Math.max(newest, until), 0);
    if (reason === "" && until >= due && until > 0) continue;
    const before = behind.get(relay);
    const last = Math.max(until, before?.until ?? 0);
    behind.set(relay, {
      relay,
      people: (before?.people ?? 0) + 1,
      ...last > 0 ? { until: last } : {},
      reason: reason || (before?.reason ?? ""),
    });
  }
  return [...behind.values()].sort((a, b) => b.people - a.people || a.relay - b.relay);
}
