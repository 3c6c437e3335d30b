/**
 * Timing on a noisy machine.
 *
 * Contenders run in turn, round after round, in a new order each round, so that
 * whatever slows the machine down for a while slows them all. Each is warmed up
 * first. A fast one runs many times in a round, so that one sample is long against
 * the clock; a slow one runs in some of the rounds only, spread over all of them.
 * A ratio is the median over the rounds in which both ran. The collector's pauses
 * stay in: they are part of what a planner costs.
 *
 * @module
 */

import { createRandom, shuffled } from "../testing/random.ts";
import { median } from "./report.ts";

/** A function to be timed. */
export interface Contender {
  /** Its name in the report; unique among its rivals. */
  readonly name: string;
  /** The work. What it returns is kept until the next call, so that none of it is optimised away. */
  readonly run: () => unknown;
}

/** How long to measure. */
export interface MeasureOptions {
  /** Most rounds. @default 41 */
  readonly rounds?: number;
  /** Fewest samples of a slow contender, after one warm-up. @default 3 */
  readonly least?: number;
  /** About how long one contender is measured, in milliseconds. @default 800 */
  readonly budget?: number;
}

/** The samples of one contender, in milliseconds per call. */
export interface Spread {
  /** Half of the samples took longer. */
  readonly median: number;
  /** The shortest sample. */
  readonly min: number;
  /** The longest sample. */
  readonly max: number;
}

/** The samples of all contenders. */
export interface Timings {
  /** The times of one contender. */
  of(name: string): Spread;
  /** How many times as long `name` took as `other`: the median over their common rounds. */
  ratio(name: string, other: string): number;
}

/** One sample is at least this long, in milliseconds. */
const MIN_SAMPLE_MS = 2;

/** How long a contender runs before it is measured, in milliseconds. */
const WARM_UP_MS = 200;

/** Where results go, so that computing them has a purpose. */
export const sink: { value: unknown } = { value: undefined };

/** Times the contenders against one another. */
export async function measure(
  contenders: readonly Contender[],
  options: MeasureOptions = {},
): Promise<Timings> {
  const { rounds = 41, least = 3, budget = 800 } = options;
  const random = createRandom(41);
  const entries = [];
  for (const contender of contenders) {
    const once = await warmUp(contender);
    const batch = Math.max(1, Math.ceil(MIN_SAMPLE_MS / once));
    const fitting = Math.floor(budget / (once * batch));
    const wanted = Math.min(rounds, Math.max(least, fitting));
    entries.push({
      contender,
      batch,
      wanted,
      samples: new Map<number, number>(),
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (
      const { contender, batch, wanted, samples } of shuffled(random, entries)
    ) {
      // The rounds in which a slow one runs are spread evenly.
      const due = Math.floor((round + 1) * wanted / rounds) >
        Math.floor(round * wanted / rounds);
      if (due) samples.set(round, await sample(contender, batch));
    }
  }
  const samplesOf = new Map(
    entries.map(({ contender, samples }) => [contender.name, samples]),
  );
  return {
    of(name) {
      const values = [...samplesOf.get(name)!.values()];
      return {
        median: median(values),
        min: Math.min(...values),
        max: Math.max(...values),
      };
    },
    ratio(name, other) {
      const others = samplesOf.get(other)!;
      const common = [...samplesOf.get(name)!].filter(([round]) => others.has(round));
      return median(common.map(([round, time]) => time / others.get(round)!));
    },
  };
}

/** Runs long enough for the compiler to optimise; returns the shortest time of a call. */
async function warmUp(contender: Contender): Promise<number> {
  const start = performance.now();
  let once = Infinity;
  do once = Math.min(once, await sample(contender, 1)); while (
    performance.now() - start < WARM_UP_MS
  );
  return once;
}

async function sample({ run }: Contender, batch: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < batch; i++) {
    const result = run();
    // Awaiting a value that is no promise would cost a fast contender a turn of the loop.
    sink.value = result instanceof Promise ? await result : result;
  }
  return (performance.now() - start) / batch;
}
