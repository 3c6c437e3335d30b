/**
 * How many threads verify signatures.
 *
 * @module
 */

/**
 * How many threads are of use: one for each core but the program's own, at most four. Two on two
 * cores, since the program's own thread has little left to do.
 */
export function usefulWorkers(): number {
  const { hardwareConcurrency = 2 } = globalThis.navigator ?? {};
  return Math.min(4, hardwareConcurrency, Math.max(2, hardwareConcurrency - 1));
}
