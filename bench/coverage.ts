/**
 * How close to the best does a choice of few relays come?
 *
 * On worlds small enough to try every choice: 30 to 60 authors with 1 to 4 write
 * relays out of 14 to 18 (Zipf or clustered) and a cap of 4 to 6. Two figures, each
 * over the exact optimum of that same figure: authors with at least one relay that
 * they list, and the value in which a second relay counts half (two per author are
 * wanted, a third counts nothing). A planner without a cap is cut to it as in the
 * table of times, and loses the authors of the relays beyond it: the figures of such
 * planners say what a cap costs them, though they were not made for one.
 *
 * @module
 */

import { clusteredLists, zipfLists } from "../testing/world/world.ts";
import { exactOptimum } from "./optimum.ts";
import { bareLoop } from "./peers/bare_loop.ts";
import type { Peers } from "./peers/load_peers.ts";
import { ourPlan, ourSelection } from "./peers/ours.ts";
import type { PlanInput } from "./peers/planner.ts";
import { reached } from "./reached.ts";
import { count, median, percent, print, progress, prose, table } from "./report.ts";

const DRAWS = [zipfLists, clusteredLists];
const AUTHORS = [30, 45, 60];
const RELAYS = [14, 16, 18];
const CAPS = [4, 5, 6];
const SEEDS = 10;

/** Compares every planner with the optimum of many small worlds. */
export function benchCoverage({ planners }: Peers): void {
  progress("coverage: small worlds against the exact optimum");
  const all = [bareLoop, ourPlan, ourSelection, ...planners];
  const once = all.map((): number[] => []);
  const value = all.map((): number[] => []);
  for (const { input, cap } of smallWorlds()) {
    const { lists } = input;
    const best = exactOptimum(
      [...lists.values()].map(({ write }) => write),
      cap,
    );
    all.forEach(({ prepare }, i) => {
      const share = reached(prepare(input).asked(), lists, cap);
      once[i].push(share.once * lists.size / best.once);
      value[i].push((share.once + share.twice / 2) * lists.size / best.value);
    });
  }

  print("## Coverage at the cap, against the exact optimum");
  print(prose(
    `${count(once[0].length)} small worlds. Shares of the best that any choice of as many relays ` +
      "can do; the value counts a second relay half.",
  ));
  print(table(
    [
      "planner",
      "≥ 1 relay: median",
      "mean",
      "worst",
      "value: median",
      "mean",
      "worst",
      "worlds at the best value",
    ],
    all.map(({ name }, i) => [
      name,
      ...[once[i], value[i]].flatMap((shares) => [
        percent(median(shares)),
        percent(shares.reduce((sum, share) => sum + share) / shares.length),
        percent(Math.min(...shares)),
      ]),
      percent(
        value[i].filter((share) => share > 1 - 1e-9).length / value[i].length,
      ),
    ]),
  ));
}

function* smallWorlds(): Iterable<{ input: PlanInput; cap: number }> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const draw of DRAWS) {
      for (const authors of AUTHORS) {
        for (const relays of RELAYS) {
          const lists = draw({ authors, relays, min: 1, max: 4, seed });
          const filter = { kinds: [1], authors: [...lists.keys()] };
          for (const cap of CAPS) {
            yield {
              cap,
              input: { filter, lists, maxRelays: cap, relaysPerAuthor: 2 },
            };
          }
        }
      }
    }
  }
}
