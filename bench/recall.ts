/**
 * How much of what people posted does a request find, and at what cost?
 *
 * A client without any state requests once all posts of everyone it follows, of a
 * week and of a year, on synthetic networks (`world.ts`). It knows nothing of the
 * health of relays. All policies run on the same worlds; the seeds of this
 * report took no part in choosing the library's defaults.
 *
 * @module
 */

import { createWorld, type World } from "../testing/world/world.ts";
import { measure, type Outcome } from "./recall_measure.ts";
import { big, cover, everyCopy, library, type Policy } from "./recall_policies.ts";
import { median, print, progress, prose, table } from "./report.ts";

const SIZES = [194, 283, 943, 1779];
const SEEDS = Array.from({ length: 10 }, (_, i) => 1001 + i);
const WEEK_S = 7 * 86_400, YEAR_S = 365 * 86_400;

type Row = readonly [name: string, policy: Policy];

const textbook = { maxRelays: 20, relaysPerAuthor: 2, authorsPerFilter: 10 };

const POLICIES: readonly Row[] = [
  ["planReq, two fallback relays", library()],
  ["planReq, no fallback relay", library({}, 0)],
  ["three big relays, 10 authors a filter", big(3, 10)],
  ["three big relays, one filter", big(3, 10_000)],
  ["20 most listed, every copy", everyCopy(20, 10)],
  ["greedy cover, 50 authors a filter", cover({ ...textbook, authorsPerFilter: 50 })],
  ["greedy cover, 10 authors a filter", cover(textbook)],
  ["greedy cover, 10, at most 10 filters", cover({ ...textbook, maxFiltersPerRelay: 10 })],
  ["greedy cover, 10, least loaded", cover({ ...textbook, spread: true })],
];

const OPTIONS: readonly Row[] = [
  ...[5, 8, 12, 15, 20, 50].map((authorsPerFilter): Row => [
    `authorsPerFilter: ${authorsPerFilter}`,
    library({ authorsPerFilter }),
  ]),
  ...[10, 30, 50, 200].map((maxFiltersPerRelay): Row => [
    `maxFiltersPerRelay: ${maxFiltersPerRelay}`,
    library({ maxFiltersPerRelay }),
  ]),
  ...[1, 3].map((relaysPerAuthor): Row => [
    `relaysPerAuthor: ${relaysPerAuthor}`,
    library({ relaysPerAuthor }),
  ]),
  ...[5, 10, 30, 40].map((maxRelays): Row => [`maxRelays: ${maxRelays}`, library({ maxRelays })]),
  ...[0, 1, 3].map((n): Row => [`fallbackRelays: ${n} of them`, library({}, n)]),
];

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The quantile `q`, a share of the values. */
function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))];
}

const points = (share: number) => (100 * share).toFixed(1);

function cells(name: string, week: readonly Outcome[], year: readonly Outcome[]): string[] {
  const recall = week.map((o) => o.recall);
  return [
    name,
    points(median(recall)),
    `${points(quantile(recall, 0.1))}–${points(quantile(recall, 0.9))}`,
    points(median(week.map((o) => o.recallOfAll))),
    points(median(year.map((o) => o.recall))),
    mean(week.map((o) => o.filters)).toFixed(0),
    Math.max(...week.map((o) => o.mostFilters)).toFixed(0),
    median(week.map((o) => o.movedPerNew)).toFixed(2),
    mean(week.map((o) => o.connections)).toFixed(1),
    mean(week.map((o) => o.dead)).toFixed(1),
    mean(week.map((o) => o.nothing)).toFixed(1),
  ];
}

const HEADERS = [
  "policy",
  "week %",
  "p10–p90",
  "all %",
  "year %",
  "filters",
  "most",
  "moved",
  "relays",
  "dead",
  "nothing",
];

function report(worlds: readonly World[], rows: readonly Row[]): string {
  return table(
    HEADERS,
    rows.map(([name, policy]) => {
      progress(name);
      const ask = (seconds: number) =>
        worlds.map((world) => {
          const since = world.now - seconds;
          return measure(world, policy(world, since), since);
        });
      return cells(name, ask(WEEK_S), ask(YEAR_S));
    }),
  );
}

/** Prints what each policy, and each option of the library, finds and costs. */
export function benchRecall(): void {
  const worlds = SIZES.flatMap((follows) => {
    progress(`drawing ${SEEDS.length} worlds of ${follows} follows`);
    return SEEDS.map((seed) => createWorld({ follows, seed }));
  });
  print("## What a cold request finds");
  print(prose(
    `${worlds.length} synthetic networks (${SIZES.join(", ")} follows, ${SEEDS.length} seeds ` +
      "each), one request for all posts of a week, one for a year's. `week %`: median share " +
      "found of the posts by follows with a relay list that any living relay holds, and the " +
      "spread over the networks; `all %`: the same of all follows, with a list or without; " +
      "`filters`: in all, mean; `most`: on one relay, in any network; `moved`: events received " +
      "for each different one, median; `relays`, `dead`, `nothing`: relays asked, the dead " +
      "among them, authors with a list and posts of whom nothing was found, mean. All but " +
      "`year %` are for a week. Fallback and big relays are the biggest that answer, as an app's " +
      "settings would have them; of all others nothing is known.",
  ));
  print(report(worlds, POLICIES));
  print("## What each option does");
  print(prose(
    "`planReq` with two fallback relays and one option changed. Its defaults are 20 relays, " +
      "two per author, 10 authors a filter, 100 filters a relay.",
  ));
  print(report(worlds, [POLICIES[0], ...OPTIONS]));
}

if (import.meta.main) benchRecall();
