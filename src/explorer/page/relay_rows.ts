/**
 * The rows of the table of relays, and their order. Pure.
 *
 * @module
 */

import type { ExplorerData, ExplorerRelay } from "../explorer_data.ts";
import type { ExplorerPlan } from "../explorer_plan.ts";
import { type RelayState, relayState } from "./relay_facts.ts";

/** A row. */
export interface RelayRow {
  readonly relay: ExplorerRelay;
  readonly state: RelayState;
  /** How many people are asked for there. */
  readonly people: number;
  /** How many of these nowhere else. */
  readonly alone: number;
  /** How many people list it to write to. */
  readonly listed: number;
}

/** The columns by which rows can be sorted. */
export type SortKey = "url" | "people" | "listed" | "state" | "connectMs" | "eoseMs" | "delivers";

const STATES: readonly RelayState[] = ["works", "unknown", "fails", "backing-off", "refused"];

/** A row for each relay, or for each that is asked. */
export function relayRows(data: ExplorerData, plan: ExplorerPlan, isAll: boolean): RelayRow[] {
  const listed = new Uint32Array(data.relays.length);
  for (const { write = [] } of data.people) for (const relay of write) listed[relay]++;
  const asked = new Map(plan.relays.map((relay) => [relay.relay, relay]));
  return data.relays.flatMap((relay, index) => {
    const here = asked.get(index);
    if (!isAll && here === undefined) return [];
    const { people = [], alone = 0 } = here ?? {};
    const state = relayState(relay);
    return [{ relay, state, people: people.length, alone, listed: listed[index] }];
  });
}

/** Rows in order: what is unknown comes last, and equal rows by what they are asked, then URL. */
export function sortedRows(
  rows: readonly RelayRow[],
  key: SortKey,
  isDescending: boolean,
): RelayRow[] {
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (key === "url") return sign * (a.relay.url < b.relay.url ? -1 : 1);
    const [left, right] = [valueOf(a, key), valueOf(b, key)];
    if (left !== right) {
      if (left === undefined) return 1;
      if (right === undefined) return -1;
      return sign * (left - right);
    }
    return b.people - a.people || b.listed - a.listed || (a.relay.url < b.relay.url ? -1 : 1);
  });
}

function valueOf(row: RelayRow, key: Exclude<SortKey, "url">): number | undefined {
  if (key === "people" || key === "listed") return row[key];
  if (key === "state") return STATES.indexOf(row.state);
  return row.relay.health?.[key];
}
