/**
 * Many subjects on many networks.
 *
 * @module
 */

import { createWorld, type World } from "../testing/world/world.ts";
import { count, progress } from "./report.ts";
import type { SimOutcome } from "./sim_outcome.ts";
import type { Outcomes } from "./sim_report.ts";
import { runCourse, type Subject } from "./sim_run.ts";

/** A network to be run on. */
export interface Network {
  readonly follows: number;
  readonly seed: number;
  readonly world: World;
}

/** A question put to subjects: the posts of so many days. */
export interface Question {
  readonly days: number;
  readonly subjects: readonly Subject[];
}

/**
 * Runs all on one network after the other, so that one world is in memory at a time.
 *
 * @param outages Share of the living relays that are down in a session.
 */
export async function runAll(
  networks: Iterable<Network>,
  questions: readonly Question[],
  sessions: number,
  outages = 0,
): Promise<Outcomes[]> {
  const all = questions.map(({ subjects }) =>
    new Map(subjects.map(({ name }) => [name, [] as SimOutcome[][]]))
  );
  for (const { follows, seed, world } of networks) {
    const start = performance.now();
    for (const [i, { days, subjects }] of questions.entries()) {
      for (const subject of subjects) {
        const course = await runCourse(subject, { world, seed, days, sessions, outages });
        all[i].get(subject.name)!.push(course);
      }
    }
    const took = count(Math.round(performance.now() - start));
    progress(`${follows} follows, seed ${seed}: ${took} ms`);
  }
  return all;
}

/** The networks, each drawn when its turn comes. */
export function* networks(
  sizes: readonly (readonly [follows: number, seed: number])[],
): Iterable<Network> {
  for (const [follows, seed] of sizes) {
    yield { follows, seed, world: createWorld({ follows, seed }) };
  }
}
