/**
 * What the library and other clients find on simulated networks, in tables.
 *
 * @module
 */

import { median, table } from "./report.ts";
import type { SimOutcome } from "./sim_outcome.ts";

/** By subject: per network, the sessions. */
export type Outcomes = ReadonlyMap<string, readonly (readonly SimOutcome[])[]>;

const points = (share: number) => (100 * share).toFixed(1);
const seconds = (ms: number) => (ms / 1000).toFixed(1);
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value that a share `q` of the networks is below. */
function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))];
}

/** A column: its title, and what it shows of one session on many networks. */
type Column = readonly [title: string, cell: (some: readonly SimOutcome[]) => string];

const mid =
  (read: (o: SimOutcome) => number, show: (value: number) => string) =>
  (some: readonly SimOutcome[]) => show(median(some.map(read)));
const average =
  (read: (o: SimOutcome) => number, digits: number) => (some: readonly SimOutcome[]) =>
    mean(some.map(read)).toFixed(digits);

const RECALL: Column = ["found %", mid((o) => o.recall, points)];
const SPREAD: Column = ["p10–p90", (some) => {
  const recall = some.map((o) => o.recall);
  return `${points(quantile(recall, 0.1))}–${points(quantile(recall, 0.9))}`;
}];
const OF_ASKED: Column = ["of asked %", mid(ofAsked, points)];
const NOTHING: Column = ["nothing %", mid((o) => o.nothing, points)];
const REQS: Column = ["REQs", average((o) => o.reqs, 0)];
const FILTERS: Column = ["filters", average((o) => o.filters, 0)];
const PAGES: Column = ["pages", average((o) => o.pages, 0)];
const MOVED: Column = ["moved", mid((o) => o.movedPerNew, (value) => value.toFixed(2))];
const OPENED: Column = ["opened", average((o) => o.connections, 1)];
const RELAYS: Column = ["relays", average((o) => o.relays, 1)];
const DEAD: Column = ["dead", average((o) => o.dead, 1)];
const WORST_DEAD: Column = ["most", (some) => String(Math.max(...some.map((o) => o.dead)))];
const HALF: Column = ["50 % s", mid((o) => o.half, seconds)];
const MOST: Column = ["90 % s", mid((o) => o.most, seconds)];
const END: Column = ["end s", mid((o) => o.end, seconds)];

/** Share found of what the relays that were asked hold of the authors they were asked for. */
function ofAsked({ recall, losses }: SimOutcome): number {
  return recall / (recall + losses.cut + losses.unfinished);
}

function rows(
  first: string,
  columns: readonly Column[],
  some: readonly (readonly [name: string, outcomes: readonly SimOutcome[]])[],
): string {
  return table(
    [first, ...columns.map(([title]) => title)],
    some.map(([name, outcomes]) => [name, ...columns.map(([, cell]) => cell(outcomes))]),
  );
}

/** Everybody who had a session of that number, counted from 1. */
export function comparison(outcomes: Outcomes, session: number): string {
  const columns = [
    RECALL,
    SPREAD,
    NOTHING,
    REQS,
    FILTERS,
    PAGES,
    MOVED,
    OPENED,
    RELAYS,
    DEAD,
    HALF,
    MOST,
    END,
  ];
  return rows(
    "client",
    columns,
    [...outcomes].filter(([, networks]) => networks[0].length >= session)
      .map(([name, networks]) => [name, networks.map((sessions) => sessions[session - 1])]),
  );
}

/** One subject from session to session. */
export function progression(sessions: readonly (readonly SimOutcome[])[]): string {
  const columns = [RECALL, SPREAD, OF_ASKED, NOTHING, MOVED, DEAD, WORST_DEAD, MOST, END];
  return rows(
    "session",
    columns,
    sessions[0].map((_, i) => [String(i + 1), sessions.map((some) => some[i])]),
  );
}

/** One subject by the number of follows, in the first session and the last. */
export function bySize(
  sessions: readonly (readonly SimOutcome[])[],
  follows: readonly number[],
): string {
  const columns = [RECALL, OF_ASKED, NOTHING, REQS, FILTERS, PAGES, MOVED, DEAD, HALF, MOST, END];
  const last = sessions[0].length;
  return rows(
    "follows, session",
    columns,
    [...new Set(follows)].flatMap((size) => {
      const own = sessions.filter((_, i) => follows[i] === size);
      return [1, last].map((session): [string, SimOutcome[]] => [
        `${size}, ${session}`,
        own.map((some) => some[session - 1]),
      ]);
    }),
  );
}

/** Why posts are missing, in means over the networks. */
export function missing(
  some: readonly (readonly [name: string, outcomes: readonly SimOutcome[]])[],
): string {
  const loss = (title: string, read: (o: SimOutcome) => number): Column => [
    title,
    (outcomes) => points(mean(outcomes.map(read))),
  ];
  return rows("request", [
    loss("not asked for", (o) => o.losses.unasked),
    loss("elsewhere", (o) => o.losses.elsewhere),
    loss("cut", (o) => o.losses.cut),
    loss("unfinished", (o) => o.losses.unfinished),
  ], some);
}
