/**
 * The library on simulated networks, through its public API, beside other ways to
 * choose relays: what `docs/benchmarks.md` holds of it.
 *
 * @module
 */

import { print, prose } from "./report.ts";
import { networks, runAll } from "./sim_all.ts";
import { Ceilings } from "./sim_ceiling.ts";
import { bySize, comparison, missing, progression } from "./sim_report.ts";
import { library, OTHERS } from "./sim_subjects.ts";

const WEEK = 7, YEAR = 365;
const SESSIONS = 5;

/** How many networks of each size the report is made of: the large take half a minute each. */
const NETWORKS: Readonly<Record<number, number>> = { 194: 4, 283: 4, 943: 3, 1779: 2, 2784: 2 };
/** Seeds of the report; those up to 10 are for tuning. */
const FIRST_SEED = 2001;

/** Prints the report. */
export async function benchNetwork(): Promise<void> {
  const sizes = Object.entries(NETWORKS).flatMap(([follows, n]) =>
    Array.from({ length: n }, (_, i) => [Number(follows), FIRST_SEED + i] as const)
  );
  const follows = sizes.map(([size]) => size);
  const ours = library("createOutbox");
  const unlearned = library("createOutbox, no learning", { learning: false });
  const unpaged = library("createOutbox, no pages", { maxPages: 0 });
  const ceilings = new Ceilings([WEEK, YEAR]);
  const [week, year] = await runAll(seen(networks(sizes), ({ world }) => ceilings.add(world)), [
    { days: WEEK, subjects: [ours, unlearned, ...OTHERS] },
    { days: YEAR, subjects: [ours, unpaged, ...OTHERS] },
  ], SESSIONS);

  print("## On simulated networks");
  print(prose(
    `${sizes.length} synthetic networks (${
      Object.entries(NETWORKS).map(([size, n]) => `${n} of ${size} follows`).join(", ")
    }), on which \`createOutbox\` drives an \`NPool\` in virtual time, from nothing known to the ` +
      `${SESSIONS}th session, 20 hours apart. Dead relays refuse, answer in HTTP, hang, or want a ` +
      "sign-in; 5 % of the living never say EOSE; relays take 10 or 200 filters in a REQ and cut " +
      "answers at their cap. `createOutbox` has its defaults and two big relays to fall back on. " +
      "Others are plain clients with the same relays: 10 authors a filter " +
      "unless said otherwise, 15 seconds of patience, told how many filters each relay takes. " +
      "Nothing is posted between sessions: each asks for the same window.",
  ));
  print(prose(
    "`found %`: share found of the posts by follows with a list that any living relay holds, " +
      "median and spread over the networks; `of asked %`: the same of what the relays that were " +
      "asked hold of those they were asked for; `nothing %`: share of the follows with a list and " +
      "posts of whom nothing came; `moved`: events received for each different one; `opened`: " +
      "connections; `relays`, `dead`: different ones, and the dead among them; `50 %`, `90 %`, " +
      "`end`: seconds until that much of what came was there, and until EOSE.",
  ));
  print("### What could be found");
  print(prose(
    "Shares of the same posts, medians, that are held by the relays an author is asked for on, " +
      "chosen by `planReq` when it is told which relays live. The rest was written to other " +
      "relays, by authors who have moved since, or was lost on the way.",
  ));
  print(ceilings.table());
  print("### A week's posts, first session");
  print(comparison(week, 1));
  print("### A year's posts, first session");
  print(comparison(year, 1));
  print(`### A week's posts, session ${SESSIONS}, by those who learn`);
  print(comparison(week, SESSIONS));
  print(`### A year's posts, session ${SESSIONS}, by those who learn`);
  print(comparison(year, SESSIONS));
  const courses = { week, year, unpaged: year } as const;
  const nameOf = { week: ours.name, year: ours.name, unpaged: unpaged.name } as const;
  const titles = { week: "a week", year: "a year", unpaged: "a year without pages" } as const;
  const kinds = ["week", "year", "unpaged"] as const;
  for (const kind of kinds) {
    print(`### createOutbox from session to session: ${titles[kind]}`);
    print(progression(courses[kind].get(nameOf[kind])!));
  }
  for (const kind of ["week", "year"] as const) {
    print(`### createOutbox by the number of follows: ${titles[kind]}`);
    print(bySize(courses[kind].get(ours.name)!, follows));
  }
  print("### What createOutbox does not find, and why");
  print(prose(
    "In % of the posts that could be found, means. Not asked for: no living relay was asked for " +
      "the author. Elsewhere: none that was asked for the author holds it, since the write was " +
      "lost or the author used other relays then. Cut: left out by a relay's cap. Unfinished: a " +
      "relay that holds it had not answered by the end, which does not wait for the last " +
      "hundredth of many people.",
  ));
  print(missing(kinds.flatMap((kind) =>
    [1, SESSIONS].map((session) =>
      [
        `${titles[kind]}, session ${session}`,
        courses[kind].get(nameOf[kind])!.map((some) => some[session - 1]),
      ] as const
    )
  )));
}

/** The same, each shown before it is passed on. */
function* seen<T>(values: Iterable<T>, show: (value: T) => void): Iterable<T> {
  for (const value of values) {
    show(value);
    yield value;
  }
}
