/**
 * fast-check, with one place that says how often a law is tried. `deno.json` maps
 * "fast-check" to this module, so that every law goes through it.
 *
 * A law that names no `numRuns` is tried {@link SYNC_RUNS} or {@link ASYNC_RUNS} times.
 * The environment variable `OUTBOX_LAW_FACTOR` multiplies all of these numbers.
 *
 * @module
 */

import { assert as assertOnce, type Parameters } from "npm:fast-check@^4.10.2";
import type { IAsyncProperty, IProperty, IRawProperty } from "npm:fast-check@^4.10.2";
import { envNumber } from "./env_number.ts";

export * from "npm:fast-check@^4.10.2";
export * as default from "./fast_check.ts";

/** Runs of a law that waits for nothing: one costs microseconds. */
const SYNC_RUNS = 500;

/** Runs of a law that waits, which costs more. */
const ASYNC_RUNS = 100;

const FACTOR = envNumber("OUTBOX_LAW_FACTOR", 1);

/** `fc.assert()` of fast-check, with the number of runs multiplied. */
export function assert<T>(law: IAsyncProperty<T>, parameters?: Parameters<T>): Promise<void>;
export function assert<T>(law: IProperty<T>, parameters?: Parameters<T>): void;
export function assert<T>(
  law: IRawProperty<T>,
  parameters: Parameters<T> = {},
): Promise<void> | void {
  const { numRuns = law.isAsync() ? ASYNC_RUNS : SYNC_RUNS } = parameters;
  return assertOnce(law, { ...parameters, numRuns: Math.ceil(numRuns * FACTOR) });
}
