/**
 * The library on simulated networks, through its public API, beside other ways to
 * choose relays. As a program it takes sizes, seeds and options, for tuning:
 *
 * ```sh
 * deno run -A --lock=bench/deno.lock bench/sim.ts --follows=194,943 --seeds=1,2,3 --days=7 \
 *   --sessions=3 --outbox='{"relaysPerAuthor":3}' --others=NDK,welshman --outages=0.05
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { OutboxOptions } from "../src/mod.ts";
import { print } from "./report.ts";
import { networks, runAll } from "./sim_all.ts";
import { benchNetwork } from "./sim_bench.ts";
import { comparison, missing, progression } from "./sim_report.ts";
import { library, OTHERS } from "./sim_subjects.ts";

export { benchNetwork };

/** A run for tuning, by arguments. */
async function tune(): Promise<void> {
  const text = (fallback: string) => ({ type: "string", default: fallback }) as const;
  const { values } = parseArgs({
    options: {
      follows: text("194,943"),
      seeds: text("1,2,3"),
      days: text("7"),
      sessions: text("3"),
      outbox: text("{}"),
      others: text(""),
      outages: text("0"),
      report: { type: "boolean", default: false },
    },
  });
  if (values.report) return await benchNetwork();
  const numbers = (list: string) => list.split(",").map(Number);
  const outbox: OutboxOptions = JSON.parse(values.outbox);
  const others = OTHERS.filter(({ name }) => values.others.split(",").includes(name));
  const subjects = [library("createOutbox", outbox), ...others];
  const sizes = numbers(values.follows).flatMap((follows) =>
    numbers(values.seeds).map((seed) => [follows, seed] as const)
  );
  const days = numbers(values.days);
  const sessions = Number(values.sessions);
  const questions = days.map((days) => ({ days, subjects }));
  const all = await runAll(networks(sizes), questions, sessions, Number(values.outages));
  all.forEach((outcomes, i) => {
    print(`## ${days[i]} days, first session`);
    print(comparison(outcomes, 1));
    for (const { name, learns } of subjects) {
      if (!learns) continue;
      print(`### ${name} from session to session`);
      const courses = outcomes.get(name)!;
      print(progression(courses));
      print(
        missing(courses[0].map((_, i) => [`session ${i + 1}`, courses.map((some) => some[i])])),
      );
    }
  });
}

if (import.meta.main) await tune();
