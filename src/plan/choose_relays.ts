/**
 * Chooses the relays of a request, fallbacks included.
 *
 * @module
 */

import { type AssignedRelays, assignRelays, heaviestFirst } from "./assign_relays.ts";
import { type CandidateRows, INVALID } from "./candidate_rows.ts";
import { greedyCover } from "./greedy_cover.ts";
import type { PlanSettings } from "./plan_options.ts";
import type { RelayGraph } from "./relay_graph.ts";

/** The relays of a request and what each is asked for. */
export interface Choice {
  /** Ids of relays, best first. */
  readonly relays: readonly number[];
  /** What is asked for where; rows without a place are not asked for. */
  readonly assigned: AssignedRelays;
  /** The relays, as places, that take the filters which name nobody. */
  readonly unscoped: readonly number[];
  /** The relays, as places, that take the searches. */
  readonly search: readonly number[];
  /** 1 for each row that the cap left to the fallback relays. */
  readonly leftOut: Uint8Array;
}

/** Which filters there are besides those that are narrowed. */
export interface UnscopedNeeds {
  /** Filters that name nobody, for the fallback relays. */
  readonly hasUnscoped: boolean;
  /** Searches, for the search relays. */
  readonly hasSearch: boolean;
}

/** Most of the cap that goes to fallback relays for people the cap leaves out. */
const RESERVE = 1 / 4;

/** A relay is full when its filters have grown to this many times `authorsPerFilter`. */
const CROWD = 2;

/**
 * Chooses relays for the rows, and fallback relays for the rest.
 *
 * In before all others are the relays of filters that name nobody, and one for each
 * row that no other relay can serve: all of them, but half of the cap at the most
 * where there are other rows, too.
 */
export function chooseRelays(
  rows: CandidateRows,
  { hasUnscoped, hasSearch }: UnscopedNeeds,
  settings: PlanSettings,
): Choice {
  const { maxRelays, relaysPerAuthor } = settings;
  const room = rows.graph.relaysOf.length > 0 ? Math.ceil(maxRelays / 2) : maxRelays;
  const open = hasUnscoped ? rows.fallbacks : [];
  const search = hasSearch ? rows.searchers : [];
  const first = withStrict(rows, inTurn(search, open).slice(0, room), room);
  let relays = greedyCover(rows.graph, { maxRelays, relaysPerSubject: relaysPerAuthor, first });
  if (rows.fallbacks.length > 0 && someoneIsLeftOut(rows, relays)) {
    relays = withFallbacks(relays, first.length, rows.fallbacks, settings);
  }
  relays = heaviestFirst(rows.graph, relays);
  const assigned = assignRelays(rows.graph, relays, {
    relaysPerSubject: relaysPerAuthor,
    room: CROWD * settings.authorsPerFilter * settings.maxFiltersPerRelay,
    order: rows.order,
  });
  const leftOut = dealToFallbacks(rows, relays, assigned);
  const placesOf = (wanted: readonly number[]) =>
    first.filter((id) => wanted.includes(id)).map((id) => relays.indexOf(id));
  return { relays, assigned, unscoped: placesOf(open), search: placesOf(search), leftOut };
}

/** The values of both, in turn, each once. */
function inTurn(a: readonly number[], b: readonly number[]): number[] {
  const all = a.length > b.length ? a : b;
  return [...new Set(all.flatMap((_, i) => [...a.slice(i, i + 1), ...b.slice(i, i + 1)]))];
}

/**
 * Adds the best relay of each row that only its own relays can serve, unless one of
 * them is in already; the first in the order of names, as far as there is room.
 */
function withStrict(rows: CandidateRows, first: readonly number[], room: number): number[] {
  const chosen = new Set(first);
  if (rows.strict === rows.served) return [...chosen];
  const { starts, relaysOf } = rows.graph;
  for (const row of rows.order()) {
    if (chosen.size >= room) break;
    if (row < rows.served || row >= rows.strict) continue;
    const own = [...relaysOf.subarray(starts[row], starts[row + 1])];
    if (own.length === 0 || own.some((id) => chosen.has(id))) continue;
    chosen.add(own.reduce((best, id) => isBetter(rows.graph, id, best) ? id : best));
  }
  return [...chosen];
}

function isBetter({ weights, urls }: RelayGraph, a: number, b: number): boolean {
  return weights[a] === weights[b] ? urls[a] < urls[b] : weights[a] > weights[b];
}

/**
 * Makes room for fallback relays by dropping those chosen last, which is what a
 * smaller cap would have given.
 */
function withFallbacks(
  relays: readonly number[],
  fixed: number,
  fallbacks: readonly number[],
  { maxRelays, relaysPerAuthor }: PlanSettings,
): number[] {
  const reserve = Math.min(
    relaysPerAuthor,
    fallbacks.length,
    Math.max(1, Math.floor(maxRelays * RESERVE)),
    maxRelays - 1,
  );
  const here = fallbacks.filter((id) => relays.includes(id));
  const missing = fallbacks.filter((id) => !relays.includes(id))
    .slice(0, Math.max(0, reserve - here.length));
  const kept = [...relays];
  let excess = kept.length + missing.length - maxRelays;
  for (let i = kept.length - 1; i >= fixed && excess > 0; i--) {
    if (fallbacks.includes(kept[i])) continue;
    kept.splice(i, 1);
    excess--;
  }
  return [...kept, ...missing];
}

/** Gives people without a place to the chosen fallback relays. */
function dealToFallbacks(
  rows: CandidateRows,
  relays: readonly number[],
  deal: AssignedRelays,
): Uint8Array {
  const leftOut = new Uint8Array(rows.served);
  const places = rows.fallbacks
    .map((id) => relays.indexOf(id))
    .filter((place) => place >= 0)
    .slice(0, deal.relaysPerSubject);
  if (places.length === 0) return leftOut;
  for (let row = 0; row < leftOut.length; row++) {
    if (deal.relayIndexes[row * deal.relaysPerSubject] >= 0 || rows.kinds[row] === INVALID) {
      continue;
    }
    deal.relayIndexes.set(places, row * deal.relaysPerSubject);
    leftOut[row] = 1;
  }
  return leftOut;
}

/** Whether all relays that someone could be asked for on were passed over. */
function someoneIsLeftOut(
  { graph, kinds, served }: CandidateRows,
  relays: readonly number[],
): boolean {
  const { starts, relaysOf } = graph;
  const chosen = new Uint8Array(graph.urls.length);
  for (const relay of relays) chosen[relay] = 1;
  for (let row = 0; row < served; row++) {
    let at = starts[row];
    while (at < starts[row + 1] && chosen[relaysOf[at]] === 0) at++;
    if (at === starts[row + 1] && kinds[row] !== INVALID) return true;
  }
  return false;
}
