/**
 * Asks the relays that most people of a request use for those who have no list, too: they name no
 * relay, but are where others are.
 *
 * Pure.
 *
 * @module
 */

import { type AssignedRelays, withOtherRelays } from "./assign_relays.ts";
import { type CandidateRows, HINTED, NO_LIST, OWN_LIST } from "./candidate_rows.ts";
import type { PlanSettings } from "./plan_options.ts";

/** The share of the request's authors with a list who must name a relay, and how many at least. */
const MIN_SHARE = 1 / 10, MIN_PEOPLE = 10;

/**
 * Adds popular relays to the authors without a usable list who have relays: up to `popularRelays`
 * of those that are chosen anyway, the most used first, in the weight that relays have.
 *
 * @param relays The ids of the chosen relays.
 */
export function withPopularRelays(
  rows: CandidateRows,
  relays: readonly number[],
  assigned: AssignedRelays,
  { popularRelays }: PlanSettings,
): AssignedRelays {
  const { relayIndexes: few, relaysPerSubject: before } = assigned;
  const { first, end } = rows.roles.find(({ role }) => role === "write") ?? NO_ROWS;
  const listless: number[] = [];
  for (let row = first; row < end && popularRelays > 0; row++) {
    const isListless = rows.origins[row] === NO_LIST || rows.origins[row] === HINTED;
    if (isListless && few[row * before] >= 0) listless.push(row);
  }
  const popular = listless.length > 0 ? mostUsed(rows, relays, first, end) : [];
  if (popular.length === 0) return assigned;
  return withOtherRelays(assigned, listless, (row) => {
    const own: number[] = [];
    for (let at = row * before; at < (row + 1) * before && few[at] >= 0; at++) own.push(few[at]);
    const most = own.length + popularRelays;
    for (const index of popular) if (own.length < most && !own.includes(index)) own.push(index);
    return own;
  });
}

const NO_ROWS = { first: 0, end: 0 };

/** The indexes of the chosen relays that enough authors name, the most used first. */
function mostUsed(
  { graph, origins }: CandidateRows,
  relays: readonly number[],
  first: number,
  end: number,
): number[] {
  const { weights, rowStarts, rowsOf } = graph;
  let listed = 0;
  for (let row = first; row < end; row++) if (origins[row] === OWN_LIST) listed++;
  const least = Math.max(MIN_PEOPLE, listed * MIN_SHARE);
  const uses = relays.map((relay) => {
    let count = 0;
    for (let at = rowStarts[relay]; at < rowStarts[relay + 1]; at++) {
      const row = rowsOf[at];
      if (row >= first && row < end && origins[row] === OWN_LIST) count++;
    }
    return count < least ? 0 : count * weights[relay];
  });
  // Relays of equal use keep their order, which does not depend on that of the input.
  return [...relays.keys()].filter((index) => uses[index] > 0)
    .sort((a, b) => uses[b] - uses[a] || (graph.urls[relays[a]] < graph.urls[relays[b]] ? -1 : 1));
}
