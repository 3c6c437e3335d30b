/**
 * Other relays for the subjects of a request whose relays are all lost.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Role } from "../nostr/relay_knowledge.ts";
import { type Assignment, roleOf } from "../plan/assignment.ts";
import type { Planned, Replan, ReplanOptions } from "../plan/replan.ts";
import type { Coverage } from "./coverage.ts";
import { RelaysInUse } from "./relays_in_use.ts";

/** Relays for part of what a request asks for. */
export interface RequestShares {
  /** The filters for each relay. */
  readonly routes: ReadonlyMap<string, NostrFilter[]>;
  readonly assignment: Assignment;
  /** Plans anew for the subjects whose relays are lost; absent where there is no plan. */
  readonly replan?: Replan;
}

/**
 * Plans for each subject that has no relay left, once for each of them: first for those that
 * fallback relays may serve, then for those that they have answered for. And for each of whose
 * relays every one counts: a further relay in place of each that is lost. Empty where there is no
 * such subject, or no relay for it.
 *
 * @param inUse The relays that are being asked. @default as many as one likes may be
 */
export function planReplacements(
  assignment: Assignment,
  coverage: Coverage,
  replan: Replan,
  inUse: RelaysInUse = new RelaysInUse(),
): RequestShares[] {
  const { urls, subjects, roles, fallbacks = [] } = assignment;
  const lost = urls.filter((_, index) => coverage.relays[index].isLost);
  const planFor = (rows: readonly number[], maxRelays: number, others: readonly string[] = []) => {
    if (rows.length === 0) return [];
    const keysOf = (rows: readonly number[]) =>
      new Set(rows.map((row) => keyOf(roleOf(roles, row), subjects[row])));
    const keys = keysOf(rows);
    const asked = inUse.urlsFor(keysOf(rows.filter((row) => coverage.awaitsEach(row))));
    const excluding = new Set([...lost, ...asked, ...others]);
    const isMeant = (subject: string, role: Role) => keys.has(keyOf(role, subject));
    return replanWithin(replan, { excluding, isMeant, maxRelays }, inUse)
      .flatMap(({ plan: { routes }, ...replanned }): RequestShares[] =>
        routes.size === 0 ? [] : [{ ...replanned, routes }]
      );
  };
  const orphans = coverage.takeOrphans();
  const [served, unserved] = [true, false].map((hasFallback) =>
    orphans.filter((row) => coverage.hasEmptyFallback(row) === hasFallback)
  );
  const short = coverage.takeShort();
  return [
    ...planFor(unserved, lost.length),
    ...planFor(served, lost.length, fallbacks.map((index) => urls[index])),
    ...planFor(short.rows, short.lost),
  ];
}

/**
 * Plans anew. If there is not room for as many relays as it may have, relays that are being asked
 * anyway come first, and others serve those for whom these are too few.
 */
function replanWithin(replan: Replan, options: ReplanOptions, inUse: RelaysInUse): Planned[] {
  const { room, urls } = inUse;
  if (room >= options.maxRelays) return [replan(options)];
  const { excluding, isMeant } = options;
  const used = replan({
    excluding: { has: (url) => excluding.has(url) || !urls.has(url) },
    isMeant,
    maxRelays: Math.max(1, urls.size),
  });
  if (room === 0) return [used];
  const served = wellServed(used.assignment);
  const others = replan({
    excluding: { has: (url) => excluding.has(url) || urls.has(url) },
    isMeant: (subject, role) => isMeant(subject, role) && !served.has(keyOf(role, subject)),
    maxRelays: room,
  });
  return [used, others];
}

/** The subjects that a plan asks as many relays for as an author has, besides fallback relays. */
function wellServed(assignment: Assignment): ReadonlySet<string> {
  const { subjects, roles, relayIndexes, relaysPerSubject } = assignment;
  const { fallbacks = [], relaysPerAuthor = 1 } = assignment;
  return new Set(subjects.flatMap((subject, row) => {
    const own = relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)
      .filter((index) => index >= 0 && !fallbacks.includes(index));
    return own.length >= relaysPerAuthor ? keyOf(roleOf(roles, row), subject) : [];
  }));
}

function keyOf(role: Role, subject: string): string {
  return `${role} ${subject}`;
}

/**
 * Plans one further indexer for the subjects on whose newest version a write relay and an indexer
 * did not agree; empty where there is no such subject, or no further indexer.
 */
export function planSecondOpinions(
  { urls, subjects, relayIndexes, relaysPerSubject }: Assignment,
  coverage: Coverage,
  replan: Replan,
  { room, urls: inUse }: RelaysInUse = new RelaysInUse(),
): RequestShares[] {
  const rows = coverage.takeDoubtful();
  if (rows.length === 0) return [];
  const doubtful = new Set(rows.map((row) => subjects[row]));
  const excluding = new Set(
    rows.flatMap((row) =>
      [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
        .map((index) => urls[index])
    ),
  );
  const planned = replan({
    excluding: { has: (url) => excluding.has(url) || room === 0 && !inUse.has(url) },
    isMeant: (subject, role) => role === "index" && doubtful.has(subject),
    maxRelays: 1,
  });
  const { plan: { routes } } = planned;
  return routes.size === 0 ? [] : [{ ...planned, routes }];
}
