/**
 * fast-check, with one place that says how often a law is tried. `deno.json` maps
 * "fast-check" to this module, so that every law goes through it.
 *
 * A law that names no `numRuns` is tried {@link SYNC_RUNS} or {@link ASYNC_RUNS} times.
 * The environment variable `OUTBOX_LAW_FACTOR` multiplies all of these numbers.
 *
 * @module
 */

import {
  assert as assertOnce,
  check,
  defaultReportMessage,
  type Parameters,
} from "npm:fast-check@^4.10.2";
import type { IAsyncProperty, IProperty, IRawProperty, RunDetails } from "npm:fast-check@^4.10.2";
import { envNumber } from "./env_number.ts";

export * from "npm:fast-check@^4.10.2";
export * as default from "./fast_check.ts";

/** Runs of a law that waits for nothing: one costs microseconds. */
const SYNC_RUNS = 500;

/** Runs of a law that waits, which costs more. */
const ASYNC_RUNS = 100;

const FACTOR = envNumber("OUTBOX_LAW_FACTOR", 1);

/**
 * Longest that a broken law looks for a smaller example, in milliseconds. Without a bound a law
 * whose runs take seconds reports its failure after hours.
 */
const SHRINK_MS = 60_000;

/**
 * `fc.assert()` of fast-check, with the number of runs multiplied, and with a bound for the search
 * of a smaller example. A run that never ends is not what this bounds.
 */
export function assert<T>(law: IAsyncProperty<T>, parameters?: Parameters<T>): Promise<void>;
export function assert<T>(law: IProperty<T>, parameters?: Parameters<T>): void;
export function assert<T>(
  law: IRawProperty<T>,
  parameters: Parameters<T> = {},
): Promise<void> | void {
  const { numRuns = law.isAsync() ? ASYNC_RUNS : SYNC_RUNS } = parameters;
  const all = { ...parameters, numRuns: Math.ceil(numRuns * FACTOR) };
  // Runs are either all awaited or none, so the details are a promise or they are not.
  const details: unknown = check(law as IProperty<T>, { ...all, endOnFailure: true });
  return details instanceof Promise
    ? details.then((details) => reportSmallest(law, all, details))
    : reportSmallest(law, all, details as RunDetails<T>);
}

/** Throws the smallest example that broke a law, or the first if that one works now. */
function reportSmallest<T>(
  law: IRawProperty<T>,
  parameters: Parameters<T>,
  details: RunDetails<T>,
): Promise<void> | void {
  if (!details.failed) return;
  const { seed, counterexamplePath } = details;
  const path = counterexamplePath ?? undefined;
  const again = assertOnce(law, {
    ...parameters,
    seed,
    path,
    interruptAfterTimeLimit: SHRINK_MS,
  });
  const fail = () => {
    throw new Error(`This failed once, not again: ${defaultReportMessage(details)}`);
  };
  return again instanceof Promise ? again.then(fail) : fail();
}
