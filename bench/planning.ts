/**
 * How long does a plan take?
 *
 * Every planner gets the same lists and the same filter, `{ kinds: [1], authors }`,
 * with 3 to 5 write relays an author: Zipf over 800 relays, or a clustered graph.
 * Ours and applesauce get a cap of 20 relays; all with such an option get two per author.
 * Each reads the lists from its own form, prepared before the clock
 * starts (see bench/peers). As in an app, where filters and lists come from
 * different places, the filter's pubkeys are not the same string objects as the
 * lists' keys; relay URLs are shared objects, as a parser with a memory leaves
 * them. The bare loop groups authors by relay and chooses nothing.
 *
 * "At the cap" counts authors requested from relays that they list, over the 20 relays
 * with most such authors in a plan: a planner without a cap is cut to it.
 *
 * @module
 */

import { clusteredLists, zipfLists } from "../testing/world/world.ts";
import { measure } from "./measure.ts";
import { bareLoop } from "./peers/bare_loop.ts";
import type { Peers } from "./peers/load_peers.ts";
import { ourPlan, ourSelection, ourWeighedPlan } from "./peers/ours.ts";
import type { PlanInput } from "./peers/planner.ts";
import { reached } from "./reached.ts";
import { count, ms, percent, print, progress, prose, range, ratio, table } from "./report.ts";

const WORLDS = { "Zipf": zipfLists, "clustered": clusteredLists };
const SIZES = [300, 3_000, 10_000];
const SEED = 65;

/** Times every planner at every size. */
export async function benchPlanning(
  { planners, absent }: Peers,
): Promise<void> {
  print("## Planning time");
  for (const sentence of absent) print(prose(sentence));
  const all = [bareLoop, ourPlan, ourWeighedPlan, ourSelection, ...planners];
  for (const [world, draw] of Object.entries(WORLDS)) {
    for (const authors of SIZES) {
      progress(`planning: ${count(authors)} authors, ${world}`);
      const input = planInput(draw({ authors, seed: SEED }));
      const prepared = all.map(({ name, prepare }) => ({
        name,
        ...prepare(input),
      }));
      const timings = await measure(prepared);
      print(`### ${count(authors)} authors, ${world}`);
      print(table(
        [
          "planner",
          "median",
          "min–max",
          "/ bare loop",
          "/ planReq",
          "relays",
          "≥ 1 relay at the cap",
          "≥ 2",
        ],
        prepared.map(({ name, asked }) => {
          const { relays, once, twice } = reached(
            asked(),
            input.lists,
            input.maxRelays,
          );
          const spread = timings.of(name);
          return [
            name,
            ms(spread.median),
            range(spread),
            ratio(timings.ratio(name, bareLoop.name)),
            ratio(timings.ratio(name, ourPlan.name)),
            count(relays),
            percent(once),
            percent(twice),
          ];
        }),
      ));
    }
  }
}

/** Times ours at sizes far apart: does an author cost more among many? */
export async function benchGrowth(): Promise<void> {
  progress("planning: 1,000 to 100,000 authors");
  const contenders = [1_000, 10_000, 100_000].flatMap((authors) => {
    const input = planInput(zipfLists({ authors, seed: SEED }));
    return [bareLoop, ourPlan].map(({ name, prepare }) => ({
      authors,
      planner: name,
      name: `${name} ${authors}`,
      run: prepare(input).run,
    }));
  });
  const timings = await measure(contenders, { least: 11, rounds: 21 });
  print("### Growth");
  print(table(
    ["planner", "authors", "median", "min–max", "per author", "/ bare loop"],
    contenders.map(({ planner, authors, name }) => {
      const spread = timings.of(name);
      const each = `${(1000 * spread.median / authors).toFixed(3)} µs`;
      const bare = ratio(timings.ratio(name, `${bareLoop.name} ${authors}`));
      return [planner, count(authors), ms(spread.median), range(spread), each, bare];
    }),
  ));
}

function planInput(lists: PlanInput["lists"]): PlanInput {
  const authors: string[] = JSON.parse(JSON.stringify([...lists.keys()]));
  return {
    filter: { kinds: [1], authors },
    lists,
    maxRelays: 20,
    relaysPerAuthor: 2,
  };
}
