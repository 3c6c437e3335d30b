/**
 * Numbers by which the weekly run repeats tests more often than usual.
 *
 * @module
 */

/**
 * The number that an environment variable holds, or `usual` if it is not set.
 *
 * @throws {RangeError} If the variable holds anything but a positive number.
 */
export function envNumber(variable: string, usual: number): number {
  const text = Deno.env.get(variable) ?? `${usual}`;
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(`Cannot repeat tests: ${variable} must be a number above 0, got "${text}"`);
}
