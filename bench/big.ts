/**
 * What does somebody find who follows thousands, and how long does that take?
 *
 * Posts of a week, on sockets of this machine, with the latencies of the network; relays run in a
 * process of their own. The simulated networks run in virtual time, where verifying 50,000
 * signatures takes none: only here does the program fall behind its relays. The first session
 * knows nobody's list and no relay, the second has the database of the first. Signatures are
 * verified as by default.
 *
 * `bare`: one connection that sends every post once, each of which is parsed and verified, and
 * nothing else.
 *
 * @module
 */

import { openSqlite } from "../src/db/sqlite.ts";
import { bareCost, runBig } from "./big_course.ts";
import { RelayProcess } from "./relay_process.ts";
import { count, percent, print, progress, prose, table } from "./report.ts";

/** Draws of the world. */
const WORLDS = [
  { name: "cold", follows: 1_328, relays: 200, days: 7, seed: 2 },
  { name: "cold", follows: 5_000, relays: 200, days: 7, seed: 2 },
] as const;

/** Runs the sessions, and prints their results. */
export async function benchBig(worlds: readonly number[] = WORLDS.map((_, i) => i)): Promise<void> {
  print("## Big accounts");
  print(prose(
    "Posts of a week over 200 relays on loopback, in a process of their own, with the latencies " +
      "of the network. `found`: by the EOSE, of the posts that living relays hold. `20 best`: what the best choice of 20 relays holds. `bare`: " +
      "receiving and verifying as many posts from one relay, at the rate just before and after. `CPU`: of this process, whatever else the machine does. `lag`: the longest " +
      "that the event loop was late. `blamed`: relays that counted as silent, and were not.",
  ));
  const rows: string[][] = [];
  for (const index of worlds) {
    const task = WORLDS[index];
    progress(`${count(task.follows)} follows: starting relays`);
    await using network = await RelayProcess.start(task);
    const { held, reachable } = network.about;
    progress(`20 relays hold ${percent(reachable / held)}`);
    await using db = await openSqlite(":memory:");
    for (const session of ["first", "second"]) {
      progress(`${session} session`);
      const traffic = () => network.traffic();
      // Before and after, since others use this machine, too.
      const bareBefore = await bareCost(network);
      const course = await runBig({ about: network.about, traffic }, db);
      const bareAfter = await bareCost(network);
      const bare = (key: "wallS" | "cpuS") => posts * (bareBefore[key] + bareAfter[key]) / 2;
      const { eose, posts, moved, cpuS, maxLagMs, blamed } = course;
      rows.push([
        `${count(task.follows)} follows, ${session} session`,
        percent(posts / held),
        percent(reachable / held),
        count(posts),
        `${eose.toFixed(1)} s`,
        `${bare("wallS").toFixed(1)} s`,
        `${cpuS.toFixed(1)} s`,
        `${bare("cpuS").toFixed(1)} s`,
        moved.toFixed(2),
        `${Math.round(maxLagMs)} ms`,
        count(blamed),
      ]);
      progress(rows.at(-1)!.join(" | "));
    }
  }
  print(
    table(
      [
        "",
        "found",
        "20 best",
        "posts",
        "EOSE",
        "bare",
        "CPU",
        "bare CPU",
        "moved",
        "lag",
        "blamed",
      ],
      rows,
    ),
  );
}

if (import.meta.main) {
  await benchBig(Deno.args.length > 0 ? Deno.args.map(Number) : undefined);
  Deno.exit(0);
}
