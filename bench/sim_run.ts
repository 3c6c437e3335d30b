/**
 * Sessions one after the other on one simulated network.
 *
 * @module
 */

import { createRandom, type Random } from "../testing/random.ts";
import type { World } from "../testing/world/world.ts";
import { drawNatures, withOutages } from "./sim_nature.ts";
import { SimNetwork } from "./sim_network.ts";
import type { SimOutcome } from "./sim_outcome.ts";
import { VirtualClock } from "./virtual_clock.ts";

const DAY_S = 86_400;
/** Hours from the beginning of one session to that of the next. */
const HOURS = 20;

/** Does one session, and remembers what it wants to for the next. */
export type Runner = (network: SimNetwork, since: number) => Promise<SimOutcome>;

/** Something that is run on networks. */
export interface Subject {
  readonly name: string;
  /** Whether a later session can differ from the first. */
  readonly learns: boolean;
  /** Begins anew, knowing nothing. */
  start(world: World, random: Random): Runner;
}

/** Where and for how long a subject is run. */
export interface Course {
  readonly world: World;
  /** Decides the dice, the network's and the subject's; the world's seed will do. */
  readonly seed: number;
  /** Of how many days posts are asked for. */
  readonly days: number;
  readonly sessions: number;
  /** Share of the living relays that are down in a session, others in each. @default 0 */
  readonly outages?: number;
}

/**
 * Runs sessions, each 20 hours after the one before. The world holds still
 * meanwhile: the same posts are asked for each time. A subject that does not learn is
 * run once.
 */
export async function runCourse(
  subject: Subject,
  { world, seed, days, sessions, outages = 0 }: Course,
): Promise<SimOutcome[]> {
  // The network's dice are not the subject's, so that all meet the same network.
  const run = subject.start(world, createRandom(seed + 7));
  const natures = drawNatures(world, seed);
  const outcomes: SimOutcome[] = [];
  for (let session = 0; session < (subject.learns ? sessions : 1); session++) {
    const clock = new VirtualClock(1000 * (world.now + 3600 * HOURS * session));
    const dice = createRandom(1000 * seed + session);
    const today = outages > 0 ? withOutages(natures, outages, dice) : natures;
    const network = new SimNetwork(world, clock, today, dice);
    outcomes.push(await run(network, world.now - days * DAY_S));
    if (clock.pending > 0) {
      throw new Error(`${subject.name} left ${clock.pending} timers behind`);
    }
  }
  return outcomes;
}
