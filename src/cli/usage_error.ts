/**
 * What a user typed is wrong.
 *
 * @module
 */

/** Arguments that cannot be used: the program ends with the exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
