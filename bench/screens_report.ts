/**
 * What clients find on the six screens, in tables.
 *
 * @module
 */

import { median, table } from "./report.ts";
import type { ScreenOutcome } from "./screens_outcome.ts";

/** By client, then by screen: an outcome for each network. */
export type ScreenOutcomes = Map<string, Map<string, ScreenOutcome[]>>;

type Column = readonly [title: string, show: (outcomes: readonly ScreenOutcome[]) => string];

const mid =
  (read: (outcome: ScreenOutcome) => number, show: (value: number) => string) =>
  (outcomes: readonly ScreenOutcome[]) => {
    const values = outcomes.map(read).filter((value) => !Number.isNaN(value));
    return values.length > 0 ? show(median(values)) : "–";
  };
const points = (share: number) => (100 * share).toFixed(1);
const tenths = (value: number) => value.toFixed(1);
const hundredths = (value: number) => value.toFixed(2);

const FOUND: Column = ["found %", mid((o) => o.found, points)];
const OF_ALL: Column = ["of all %", mid((o) => o.foundOfAll, points)];
const HELD: Column = ["held %", mid((o) => o.heldNear, points)];
const WHOLE: Column = ["whole %", mid((o) => o.whole, points)];
const WHOLE_AT_MOST: Column = ["at most %", mid((o) => o.wholeAtMost, points)];
const COSTS: readonly Column[] = [
  ["moved", mid((o) => o.moved, hundredths)],
  ["REQs", mid((o) => o.reqs, tenths)],
  ["relays", mid((o) => o.relays, tenths)],
  ["opened", mid((o) => o.opened, tenths)],
  ["first s", mid((o) => o.first, hundredths)],
  ["90 % s", mid((o) => o.most, hundredths)],
];

/** All clients on one screen; medians over the networks. */
export function screenTable(outcomes: ScreenOutcomes, screen: string): string {
  const columns = [
    FOUND,
    OF_ALL,
    HELD,
    ...(screen === "thread" ? [WHOLE, WHOLE_AT_MOST] : []),
    ...COSTS,
  ];
  const rows = [...outcomes].map(([name, screens]) => {
    const some = screens.get(screen);
    return [name, ...columns.map(([, show]) => some ? show(some) : "–")];
  });
  return table(["client", ...columns.map(([title]) => title)], rows);
}
