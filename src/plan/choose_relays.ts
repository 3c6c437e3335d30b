/**
 * Chooses the relays of a request, fallback relays included.
 *
 * @module
 */

import { MAX_NOTIFIED_USERS } from "./assignment.ts";
import {
  type AssignedRelays,
  assignRelays,
  heaviestFirst,
  withAllRelays,
} from "./assign_relays.ts";
import { type CandidateRows, INVALID } from "./candidate_rows.ts";
import { greedyCover } from "./greedy_cover.ts";
import type { PlanSettings } from "./plan_options.ts";
import { withPopularRelays } from "./popular_relays.ts";
import { MAX_THREAD_RELAYS } from "./thread_relays.ts";
import type { RelayGraph } from "./relay_graph.ts";

/** The relays of a request, and what each is asked for. */
export interface Choice {
  /** Ids of relays, best first. */
  readonly relays: readonly number[];
  /** The relays of each row; a row without relays is not asked for. */
  readonly assigned: AssignedRelays;
  /** The indexes of the relays that take the filters which name no subject. */
  readonly unscoped: readonly number[];
  /** The indexes of the relays that take the searches. */
  readonly search: readonly number[];
  /** 1 for each row that the cap left to the fallback relays. */
  readonly leftOut: Uint8Array;
}

/** Which unscoped filters a request has. */
export interface UnscopedNeeds {
  /** Filters for the fallback relays. */
  readonly hasUnscoped: boolean;
  /** Searches, for the search relays. */
  readonly hasSearch: boolean;
}

/** How many more inboxes of a tagged user are asked than `relaysPerAuthor`, where these are few. */
const MORE_INBOXES = 1;

/** The share of `maxRelays` that fallback relays may take for subjects the cap leaves out. */
const MAX_FALLBACK_SHARE = 1 / 4;

/** Room is made for a fallback relay that weighs this share of the heaviest: others are dead. */
const MIN_FALLBACK_WEIGHT_SHARE = 1 / 10;

/** A relay is full once its filters have grown to this many times `authorsPerFilter`. */
const FULL_FILTER_GROWTH = 2;

/**
 * Chooses relays for the rows, and fallback relays for the rows that get none.
 *
 * The relays of unscoped filters are chosen first, and the relays of each row that no other
 * relay can serve: a group has one, and gift wraps are on any relay of their recipient's list
 * (NIP-17). Together they take at most half of the cap, and what the other rows leave. A thread
 * gets all of its relays that a dozen has room for: a reply may be at any one of them. So may what
 * mentions somebody: where the tagged users are few, each gets an inbox more.
 */
export function chooseRelays(
  rows: CandidateRows,
  { hasUnscoped, hasSearch }: UnscopedNeeds,
  settings: PlanSettings,
): Choice {
  const { relaysPerAuthor } = settings;
  const threads = threadRows(rows);
  const maxRelays = maxRelaysFor(rows, threads, settings);
  const maxFirst = rows.graph.relaysOf.length > 0 ? Math.ceil(maxRelays / 2) : maxRelays;
  const unscoped = hasUnscoped ? rows.fallbacks : [];
  const search = hasSearch ? rows.searchers : [];
  const first = withStrict(rows, interleave(search, unscoped).slice(0, maxFirst), maxFirst);
  const fewer = fewerRelays(rows, settings);
  const cover = { maxRelays, relaysPerSubject: relaysPerAuthor, first, fewer };
  let relays = greedyCover(rows.graph, cover);
  if (rows.fallbacks.length > 0 && isAnyLeftOut(rows, relays)) {
    relays = withFallbacks(rows, relays, first.length, settings);
  }
  relays = withStrict(rows, relays, maxRelays);
  relays = inRounds(rows, threads, relays, Math.min(maxRelays, MAX_THREAD_RELAYS));
  const notified = notifiedRows(rows);
  const inboxes = relaysPerAuthor + MORE_INBOXES;
  relays = inRounds(rows, notified, relays, maxRelays, inboxes);
  relays = heaviestFirst(rows.graph, relays);
  const few = assignRelays(rows.graph, relays, {
    relaysPerSubject: relaysPerAuthor,
    capacity: FULL_FILTER_GROWTH * settings.authorsPerFilter * settings.maxFiltersPerRelay,
    order: rows.order,
  });
  leaveToPartners(rows, few, fewer);
  const leftOut = assignFallbacks(rows, relays, few);
  const wide = withPopularRelays(rows, relays, few, settings);
  const more = withAllRelays(rows.graph, relays, wide, notified, inboxes);
  const assigned = withAllRelays(rows.graph, relays, more, [...strictRows(rows), ...threads]);
  const indexesOf = (wanted: readonly number[]) =>
    first.filter((id) => wanted.includes(id)).map((id) => relays.indexOf(id));
  return { relays, assigned, unscoped: indexesOf(unscoped), search: indexesOf(search), leftOut };
}

/**
 * How many fewer relays a row gets: the two rows of an author whom indexers serve as well have
 * `relaysPerAuthor` relays together, of which one is an indexer.
 */
function fewerRelays({ pairs, strictEnd }: CandidateRows, { relaysPerAuthor }: PlanSettings) {
  const [ofWriteRow, ofIndexRow] = [Math.min(1, relaysPerAuthor - 1), relaysPerAuthor - 1];
  return pairs.size === 0
    ? undefined
    : (row: number) => !pairs.has(row) ? 0 : row < strictEnd ? ofWriteRow : ofIndexRow;
}

/** Takes from each row what the other row of its author is asked for instead, if it has a relay. */
function leaveToPartners(
  { pairs }: CandidateRows,
  { relayIndexes, relaysPerSubject }: AssignedRelays,
  fewer: (row: number) => number = () => 0,
): void {
  for (const [row, partner] of pairs) {
    if (relayIndexes[partner * relaysPerSubject] < 0) continue;
    const end = (row + 1) * relaysPerSubject;
    relayIndexes.fill(-1, Math.max(row * relaysPerSubject + 1, end - fewer(row)), end);
  }
}

/** The values of both lists in turn, each once. */
function interleave(a: readonly number[], b: readonly number[]): number[] {
  const longer = a.length > b.length ? a : b;
  return [...new Set(longer.flatMap((_, i) => [...a.slice(i, i + 1), ...b.slice(i, i + 1)]))];
}

/** Adds the relays of strict rows, up to `maxRelays` relays in all. */
function withStrict(rows: CandidateRows, relays: readonly number[], maxRelays: number): number[] {
  return inRounds(rows, strictRows(rows), relays, maxRelays);
}

/**
 * Adds the relays of some rows in rounds, up to `maxRelays` relays in all: first the best
 * relay of each row that has none among the chosen ones yet, in the order of subjects, then
 * the best of the others where a row has one, and so on.
 */
function inRounds(
  rows: CandidateRows,
  some: readonly number[],
  relays: readonly number[],
  maxRelays: number,
  maxRounds = Infinity,
): number[] {
  if (some.length === 0) return [...relays];
  const { graph } = rows;
  const { starts, relaysOf } = graph;
  const chosen = new Set(relays);
  const isMeant = new Set(some);
  let open = [...rows.order()].filter((row) => isMeant.has(row));
  for (let round = 1; open.length > 0 && chosen.size < maxRelays && round <= maxRounds; round++) {
    open = open.filter((row) => {
      const own = [...relaysOf.subarray(starts[row], starts[row + 1])];
      const others = own.filter((id) => !chosen.has(id));
      const isDue = own.length - others.length < round && chosen.size < maxRelays;
      if (isDue && others.length > 0) {
        chosen.add(others.reduce((best, id) => isBetter(graph, id, best) ? id : best));
      }
      return others.length > 0;
    });
  }
  return [...chosen];
}

/** The rows that get all of their relays among the chosen ones. */
function strictRows({ fallbackEnd, strictEnd }: CandidateRows): readonly number[] {
  return Array.from({ length: strictEnd - fallbackEnd }, (_, i) => fallbackEnd + i);
}

/** The rows of events whose replies, reactions or quotes are requested. */
function threadRows({ roles }: CandidateRows): readonly number[] {
  return roles.filter(({ role }) => role === "thread")
    .flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i));
}

/**
 * The rows of tagged users where they are few, so that the request is for what mentions them: who
 * mentions somebody may deliver to any of the inboxes.
 */
function notifiedRows({ roles }: CandidateRows): readonly number[] {
  const { first, end } = roles.find(({ role }) => role === "read") ?? { first: 0, end: 0 };
  const isFew = end - first <= MAX_NOTIFIED_USERS;
  return isFew ? Array.from({ length: end - first }, (_, i) => first + i) : [];
}

/** Most relays in all: fewer where a request is about threads alone. */
function maxRelaysFor(
  { roles }: CandidateRows,
  threads: readonly number[],
  { maxRelays }: PlanSettings,
): number {
  const isAboutThreads = threads.length > 0 &&
    roles.every(({ role }) => role === "thread" || role === "id" || role === "given");
  return isAboutThreads ? Math.min(maxRelays, MAX_THREAD_RELAYS) : maxRelays;
}

function isBetter({ weights, urls }: RelayGraph, a: number, b: number): boolean {
  return weights[a] === weights[b] ? urls[a] < urls[b] : weights[a] > weights[b];
}

/**
 * Makes room for fallback relays by dropping the relays chosen last, which is what a
 * smaller cap would have given. None is made for one that is most likely dead beside others.
 */
function withFallbacks(
  { graph: { weights }, fallbacks }: CandidateRows,
  relays: readonly number[],
  fixed: number,
  { maxRelays, relaysPerAuthor }: PlanSettings,
): number[] {
  const heaviest = Math.max(...fallbacks.map((id) => weights[id]));
  const sound = fallbacks.filter((id) => weights[id] >= heaviest * MIN_FALLBACK_WEIGHT_SHARE);
  const reserve = Math.min(
    relaysPerAuthor,
    fallbacks.length,
    Math.max(1, Math.floor(maxRelays * MAX_FALLBACK_SHARE)),
    maxRelays - 1,
  );
  const chosen = fallbacks.filter((id) => relays.includes(id));
  const missing = sound.filter((id) => !relays.includes(id))
    .slice(0, Math.max(0, reserve - chosen.length));
  const kept = [...relays];
  let excess = kept.length + missing.length - maxRelays;
  for (let i = kept.length - 1; i >= fixed && excess > 0; i--) {
    if (fallbacks.includes(kept[i])) continue;
    kept.splice(i, 1);
    excess--;
  }
  return [...kept, ...missing];
}

/** Assigns the chosen fallback relays to authors and tagged users who have no relay. */
function assignFallbacks(
  rows: CandidateRows,
  relays: readonly number[],
  { relayIndexes, relaysPerSubject }: AssignedRelays,
): Uint8Array {
  const leftOut = new Uint8Array(rows.fallbackEnd);
  const indexes = rows.fallbacks
    .map((id) => relays.indexOf(id))
    .filter((index) => index >= 0)
    .slice(0, relaysPerSubject);
  if (indexes.length === 0) return leftOut;
  for (let row = 0; row < leftOut.length; row++) {
    const at = row * relaysPerSubject;
    if (relayIndexes[at] >= 0 || rows.origins[row] === INVALID) continue;
    relayIndexes.set(indexes, at);
    leftOut[row] = 1;
  }
  return leftOut;
}

/** Whether some author or tagged user has no relay among the chosen ones. */
function isAnyLeftOut(
  { graph, origins, fallbackEnd }: CandidateRows,
  relays: readonly number[],
): boolean {
  const { starts, relaysOf } = graph;
  const chosen = new Uint8Array(graph.urls.length);
  for (const relay of relays) chosen[relay] = 1;
  for (let row = 0; row < fallbackEnd; row++) {
    let at = starts[row];
    while (at < starts[row + 1] && chosen[relaysOf[at]] === 0) at++;
    if (at === starts[row + 1] && origins[row] !== INVALID) return true;
  }
  return false;
}
